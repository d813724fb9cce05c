import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { open, readFile, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { waitFor } from "../../cluster.ts";
import { documented } from "./documented.ts";

/** Where a documented proxy runs in a test, and between whom. */
export interface Place {
  /** A folder for its files. */
  readonly folder: string;
  readonly port: number;
  readonly webhookPort: number;
  readonly applicationPort: number;
  /** "namespace/name" */
  readonly organization: string;
  readonly loginPath: string;
}

/** A proxy that docs/proxies/ has a configuration for. */
export interface DocumentedProxy {
  readonly name: string;
  readonly isHere: boolean;
  /** What it answers where the webhook is away. */
  readonly away: number;
  /** Starts the real one on the documented configuration; it ends with the test. */
  start(t: ExecutionContext, place: Place): Promise<void>;
}

const nginx: DocumentedProxy = {
  name: "nginx",
  isHere: spawnSync("nginx", ["-v"]).status === 0,
  away: 503,
  async start(t, place) {
    const { folder, port, webhookPort, applicationPort, organization, loginPath } = place;
    const block = await documented("nginx.conf", {
      "listen 443 ssl": `listen 127.0.0.1:${port}`,
      "server_name app.example.com": "server_name localhost",
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
      "/login/acme": `/login/${loginPath}`,
    });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    const log = join(folder, "nginx.log");
    // What a distribution's nginx.conf says is left at what nginx does by itself, buffers included.
    const config = `
      daemon off; worker_processes 1; pid ${join(folder, "nginx.pid")}; error_log ${log};
      events {}
      http { access_log off; ${temporary.join(" ")} ${block} }`;
    const file = join(folder, "nginx.conf");
    await writeFile(file, config);
    await run(t, ["nginx", "-c", file], log, port);
  },
};

const caddy: DocumentedProxy = {
  name: "Caddy",
  isHere: spawnSync("caddy", ["version"]).status === 0,
  away: 502,
  async start(t, place) {
    const { folder, port, webhookPort, applicationPort, organization } = place;
    const block = await documented("Caddyfile", {
      "app.example.com {": `http://localhost:${port} {`,
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
    });
    const log = join(folder, "caddy.log");
    const file = join(folder, "Caddyfile");
    await writeFile(file, `{\n\tadmin off\n\tlog {\n\t\toutput file ${log}\n\t}\n}\n${block}`);
    await run(t, ["caddy", "run", "--adapter", "caddyfile", "--config", file], log, port);
  },
};

const haproxy: DocumentedProxy = {
  name: "HAProxy",
  isHere: spawnSync("haproxy", ["-v"]).status === 0,
  away: 503,
  async start(t, place) {
    const { folder, port, webhookPort, applicationPort, organization } = place;
    const script = join(folder, "okta-role.lua");
    await writeFile(script, await documented("okta-role.lua", {}));
    const config = await documented("haproxy.cfg", {
      "/etc/haproxy/okta-role.lua": script,
      ":443 ssl crt /etc/haproxy/app.example.com.pem": `127.0.0.1:${port}`,
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
    });
    const file = join(folder, "haproxy.cfg");
    await writeFile(file, config);
    await run(t, ["haproxy", "-db", "-f", file], join(folder, "haproxy.log"), port);
  },
};

/** Those of which tests run what is documented. */
const proxies: readonly DocumentedProxy[] = [nginx, caddy, haproxy];

/** A test with each of the proxies that are installed here; the others are skipped, with a sentence. */
export function testWithProxies(
  title: string,
  body: (t: ExecutionContext, proxy: DocumentedProxy) => Promise<void>,
): void {
  for (const proxy of proxies) {
    if (!proxy.isHere)
      console.log(`There is no ${proxy.name} here (Debian has a package of it): what needs it is skipped.`);
    (proxy.isHere ? test : test.skip)(`${proxy.name}: ${title}`, (t) => body(t, proxy));
  }
}

async function run(t: ExecutionContext, [command = "", ...args]: string[], log: string, port: number) {
  const output = await open(log, "a");
  const program = spawn(command, args, { stdio: ["ignore", output.fd, output.fd] });
  const ended = once(program, "exit");
  t.teardown(async () => {
    program.kill("SIGTERM");
    await ended;
    await output.close();
  });
  const listens = async () => {
    if (program.exitCode !== null)
      throw new Error(`${command} ended: ${await readFile(log, "utf8").catch(() => "no log")}`);
    return new Promise<true | undefined>((resolve) => {
      request({ host: "127.0.0.1", port, path: "/session" }, (response) => {
        response.resume();
        resolve(true);
      })
        .on("error", () => resolve(undefined))
        .end();
    });
  };
  await waitFor(listens, { what: `${command} to listen` });
}
