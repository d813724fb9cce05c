#!/usr/bin/env node
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Express } from "express";
import { EventRecorder, HealthServer, runProgram } from "../kubernetes/index.ts";
import { oktaHttp } from "../organizations/okta-http.ts";
import { trustCertificates } from "../organizations/trusted-certificates.ts";
import { webhookFlags } from "./flags.ts";
import { checkReach } from "./origins.ts";
import { serve } from "./server.ts";
import { webhookSettings } from "./settings.ts";
import { tlsFiles } from "./tls.ts";
import { Webhook } from "./webhook.ts";

/** How long each part of a shutdown may take, in ms: together less than 9 s, after which the process is ended. */
const SHUTDOWN = {
  /** Requests under way: a sign-in may be waiting for Okta. */
  requestsMs: 4_500,
  statusesMs: 1_500,
  eventsMs: 1_500,
};

await runProgram({
  name: "okta-role-webhook",
  summary: "signs people in with Okta, makes their accounts and tells programs who they are",
  prefix: "okta_role_",
  flags: webhookFlags,
  memoryLimit: "webhook.resources.limits.memory, a value of the chart",
  main: async ({ flags, namespace, client, log, metrics, signal }) => {
    const events = new EventRecorder({
      client,
      reportingController: "rolemapping.dev/okta-role-webhook",
      reportingInstance: hostname(),
      log,
      metrics,
    });
    const tls = tlsFiles(flags);
    const settings = webhookSettings(flags, namespace);
    checkReach(flags["base-url"] ?? "http://localhost", settings);
    const untrust = await trustCertificates(flags["trusted-certificates"], log);
    const http = oktaHttp(flags, process.env, log);
    const webhook = new Webhook({
      client,
      events,
      http,
      ...settings,
      log,
      metrics,
    });
    const health = new HealthServer({
      port: Number(flags["health-port"]),
      ...(flags["health-host"] === undefined ? {} : { host: flags["health-host"] }),
      ready: { webhook: () => webhook.check() },
      metrics,
      log,
    });
    const healthPort = await health.listen();
    let app: Express | undefined;
    const server = await serve(
      (req, res) => (app ? app(req, res) : res.writeHead(503, { "Retry-After": "1" }).end("starting\n")),
      { port: Number(flags.port), host: flags.host, tls: tls && { ...tls, log } },
    );
    const baseURL = flags["base-url"] ?? `${tls ? "https" : "http"}://localhost:${server.port}`;

    // What is known stays current until the last request is answered.
    const answered = new AbortController();
    const running = webhook.run(answered.signal);
    webhook.ready().then(
      () => {
        app = webhook.app(baseURL);
        log.info({ port: server.port, healthPort, baseURL }, "listening");
      },
      (error) => log.debug({ err: error }, "stopped before it was ready"),
    );
    await aborted(signal);
    health.drain();
    await server.close(SHUTDOWN.requestsMs);
    await Promise.race([webhook.flush(SHUTDOWN.statusesMs - 200), sleep(SHUTDOWN.statusesMs)]);
    await events.flush({ timeoutMs: SHUTDOWN.eventsMs });
    answered.abort(signal.reason);
    await running;
    await http.close();
    untrust();
    await health.close();
  },
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
