import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { freePort } from "../../dev/control-plane/ports.ts";
import { documentedProxies } from "../../dev/quickstart/documented-proxy.ts";
import type { Bench } from "../bench.ts";
import type { Tenant } from "../tenant.ts";
import { type ForeignProgram, startForeign } from "./foreign-program.ts";

const nginx = documentedProxies.find(({ name }) => name === "nginx");

/** Where the nginx that guards an application stands. */
export interface Between {
  readonly tenant: Tenant;
  readonly webhookPort: number;
  readonly applicationPort: number;
}

/** nginx as docs/proxies/ has it. @returns a sentence where it can't be had */
export async function startDocumentedNginx(
  bench: Bench,
  { tenant, webhookPort, applicationPort }: Between,
): Promise<ForeignProgram | { why: string }> {
  if (!nginx?.isHere()) return { why: "nginx isn't installed." };
  const port = await freePort();
  const { folder } = bench.tether;
  const { organization, namespace: loginPath } = tenant;
  const command = await nginx.prepare({
    folder,
    port,
    webhookPort,
    applicationPort,
    organization,
    loginPath,
  });
  const baseURL = `http://localhost:${port}`;
  return startForeign(bench, { name: "documented-nginx", command, baseURL, path: "/session" });
}

/** The same nginx that asks nobody. */
export async function startBareNginx(
  bench: Bench,
  applicationPort: number,
): Promise<ForeignProgram | { why: string }> {
  const port = await freePort();
  const { folder } = bench.tether;
  const file = join(folder, "bare-nginx.conf");
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, `bare-${name}`)};`,
  );
  await writeFile(
    file,
    `daemon off; worker_processes 1; pid ${join(folder, "bare-nginx.pid")}; error_log stderr;
     events {}
     http {
       access_log off; ${temporary.join(" ")}
       server {
         listen 127.0.0.1:${port};
         location / {
           proxy_http_version 1.1;
           proxy_set_header Host $host;
           proxy_set_header Connection "";
           proxy_pass http://127.0.0.1:${applicationPort};
         }
       }
     }`,
  );
  const command = ["nginx", "-e", "stderr", "-c", file];
  return startForeign(bench, { name: "bare-nginx", command, baseURL: `http://localhost:${port}`, path: "/" });
}
