import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import test from "ava";
import { freePort } from "../../dev/control-plane/ports.ts";
import { CookieJar } from "../../dev/okta/index.ts";
import { waitFor } from "../cluster.ts";
import { productUnderTest } from "./product-under-test.ts";

const hasNginx = spawnSync("nginx", ["-v"]).status === 0;
const testWithNginx = hasNginx ? test : test.skip;
if (!hasNginx)
  console.log("forward-auth: there is no nginx here (Debian: nginx-light), so its test is skipped");

/** What the application is told of a person, each in a header. */
const TOLD = ["user", "email", "organization", "roles"];

/** The configuration as docs/applications.md has it, on ports of this machine. */
async function documented(replace: Readonly<Record<string, string>>): Promise<string> {
  const page = await readFile(new URL("../../docs/applications.md", import.meta.url), "utf8");
  const block = /```nginx\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  return Object.entries(replace).reduce((text, [from, to]) => text.replaceAll(from, to), block);
}

testWithNginx(
  "the documented nginx guards an application: out, in with the role, out when the mapping is gone",
  async (t) => {
    const under = await productUnderTest(t, { ada: ["service_admin"] });
    const application = createServer((req, res) => {
      const told = TOLD.map((what) => req.headers[`x-auth-request-${what}`]);
      res.end(`hello ${told.join(" ")}`);
    });
    application.listen(0, "127.0.0.1");
    await once(application, "listening");
    t.teardown(() => application.close());
    const applicationPort = (application.address() as AddressInfo).port;

    const port = await freePort();
    const baseURL = `http://localhost:${port}`;
    const webhook = await under.startWebhook(undefined, 0, ["--base-url", baseURL]);
    await under.startOperator(baseURL);
    await under.applyAcme(baseURL, { services: [["service_admin"], ["service-admin"]] });

    const { namespace, folder } = under.cluster;
    const server = await documented({
      "listen 443 ssl": `listen 127.0.0.1:${port}`,
      "server_name app.example.com": "server_name localhost",
      "proxy_set_header Host $host": `proxy_set_header Host localhost:${port}`,
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhook.port}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": `${namespace}/acme`,
      "/login/acme": `/login/${namespace}`,
    });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    const config = `
    daemon off; pid ${join(folder, "nginx.pid")}; error_log ${join(folder, "nginx.log")};
    events {}
    http { access_log off; ${temporary.join(" ")} ${server} }`;
    await writeFile(join(folder, "nginx.conf"), config);
    const nginx = spawn("nginx", ["-c", join(folder, "nginx.conf")], { stdio: "ignore" });
    const ended = once(nginx, "exit");
    t.teardown(async () => {
      nginx.kill("SIGTERM");
      await ended;
    });
    await under.untilReady();

    const cookies = new CookieJar();
    const page = new URL("/reports?of=today", baseURL);
    // What a client says of itself must not reach the application.
    const forged = Object.fromEntries(TOLD.map((what) => [`x-auth-request-${what}`, "forged"]));
    const visit = () =>
      fetch(page, { redirect: "manual", headers: { ...forged, cookie: cookies.header(page) ?? "" } });
    const status = (expected: number) =>
      waitFor(async () => ((await visit().catch(() => undefined))?.status === expected ? true : undefined), {
        what: `the application to answer ${expected}`,
      });

    await status(302);
    t.is((await visit()).headers.get("location"), `/login/${namespace}?return_to=/reports?of=today`);
    await under.signIn(baseURL, "ada", cookies);
    await status(200);
    const [user] = await under.users();
    t.is(
      await (await visit()).text(),
      `hello ${namespace}/${user?.metadata.name} ada@acme.example ${namespace}/acme service-admin`,
    );
    await under.cluster.kubectl("delete", "orm", "services");
    await status(302);
  },
);
