#!/usr/bin/env node
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setFlagsFromString } from "node:v8";
import { EventRecorder, HealthServer, LeaderElection, runProgram } from "../kubernetes/index.ts";
import { oktaHttp } from "../organizations/okta-http.ts";
import { trustCertificates } from "../organizations/trusted-certificates.ts";
import { operatorFlags } from "./flags.ts";
import { Operator } from "./operator.ts";
import { operatorSettings } from "./settings.ts";

await runProgram({
  name: "okta-role-operator",
  summary: "reconciles Organizations, OktaRoleMappings and OrganizationUsers; of several replicas one leads",
  prefix: "okta_role_",
  flags: operatorFlags,
  memoryLimit: "operator.resources.limits.memory, a value of the chart",
  main: async ({ flags, namespace, client, log, metrics, signal }) => {
    const identity = `${hostname()}-${randomUUID().slice(0, 8)}`;
    const events = new EventRecorder({
      client,
      reportingController: "rolemapping.dev/okta-role-operator",
      reportingInstance: identity,
      log,
      metrics,
    });
    const election: LeaderElection = new LeaderElection({
      client,
      namespace,
      name: flags.lease,
      identity,
      isCurrent: () => operator.isCurrent(),
      log,
      metrics,
    });
    const untrust = await trustCertificates(flags["trusted-certificates"], log);
    const http = oktaHttp(flags, process.env, log);
    const operator: Operator = new Operator({
      client,
      leader: election.guard(client),
      events,
      http,
      ...operatorSettings(flags, namespace),
      log,
      metrics,
    });
    const health = new HealthServer({
      port: Number(flags["health-port"]),
      ...(flags["health-host"] === undefined ? {} : { host: flags["health-host"] }),
      ready: { caches: () => operator.check() },
      live: { reconciles: () => operator.stuck() },
      metrics,
      log,
    });
    log.info({ healthPort: await health.listen() }, "listening");
    operator.synced().then(
      // From now on it waits more than it computes, and holds every user: memory counts for more than speed. Node warns
      // of flags that change in a running VM; V8 asks for this one whenever it decides how far the heap may grow.
      () => setFlagsFromString("--optimize-for-size"),
      () => {}, // stopped before
    );
    await Promise.all([operator.watch(signal), election.run(signal, (lost) => operator.lead(lost))]);
    await events.flush();
    await http.close();
    untrust();
    await health.close();
  },
});
