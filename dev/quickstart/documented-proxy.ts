import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { REPOSITORY } from "./program.ts";

/** Where a documented proxy runs, and between whom. */
export interface Place {
  /** A folder for its files. */
  readonly folder: string;
  readonly port: number;
  readonly webhookPort: number;
  readonly applicationPort: number;
  /** "namespace/name" */
  readonly organization: string;
  readonly loginPath: string;
  /** Where people come back to, for a proxy that says so itself: as in http://localhost:8090. Without it, the webhook's own. */
  readonly origin?: string;
}

/** A proxy of which docs/proxies/ has a configuration that runs as it stands. */
export interface DocumentedProxy {
  readonly name: "nginx" | "Caddy" | "HAProxy" | "Apache" | "Traefik";
  /** Whether it is installed. */
  isHere(): boolean;
  /** Writes the documented configuration, for this place. @returns the command that starts the proxy on it */
  prepare(place: Place): Promise<string[]>;
}

const PROXIES = join(REPOSITORY, "docs/proxies");

/** A configuration as docs/proxies/ has it, with addresses of this machine in place of those that stand there. */
export async function documented(file: string, replace: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(join(PROXIES, file), "utf8");
  return Object.entries(replace).reduce((changed, [from, to]) => {
    // Or something else would run than what people copy.
    if (!changed.includes(from)) throw new Error(`the documented ${file} doesn't have ${from}`);
    return changed.replaceAll(from, to);
  }, text);
}

const nginx: DocumentedProxy = {
  name: "nginx",
  isHere: () => spawnSync("nginx", ["-v"]).status === 0,
  async prepare({ folder, port, webhookPort, applicationPort, organization, loginPath, origin = "" }) {
    const block = await documented("nginx.conf", {
      "listen 443 ssl": `listen 127.0.0.1:${port}`,
      "server_name app.example.com": "server_name localhost",
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
      "/login/acme?return_to=": `/login/${loginPath}?return_to=${origin}`,
    });
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    );
    // What a distribution's nginx.conf says is left at what nginx does by itself, buffers included.
    const config = `
      daemon off; worker_processes 1; pid ${join(folder, "nginx.pid")}; error_log stderr;
      events {}
      http { access_log off; ${temporary.join(" ")} ${block} }`;
    const file = join(folder, "nginx.conf");
    await writeFile(file, config);
    return ["nginx", "-e", "stderr", "-c", file];
  },
};

const caddy: DocumentedProxy = {
  name: "Caddy",
  isHere: () => spawnSync("caddy", ["version"]).status === 0,
  async prepare({ folder, port, webhookPort, applicationPort, organization }) {
    const block = await documented("Caddyfile", {
      "app.example.com {": `http://localhost:${port} {`,
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
    });
    const file = join(folder, "Caddyfile");
    await writeFile(file, `{\n\tadmin off\n}\n${block}`);
    return ["caddy", "run", "--adapter", "caddyfile", "--config", file];
  },
};

const haproxy: DocumentedProxy = {
  name: "HAProxy",
  isHere: () => spawnSync("haproxy", ["-v"]).status === 0,
  async prepare({ folder, port, webhookPort, applicationPort, organization }) {
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
    return ["haproxy", "-db", "-f", file];
  },
};

/** As Debian has them. */
const APACHE_MODULES = "/usr/lib/apache2/modules";
const LUA_SOCKET = "/usr/share/lua/5.3/socket.lua";

const apache: DocumentedProxy = {
  name: "Apache",
  isHere: () => existsSync(LUA_SOCKET) && spawnSync("apache2", ["-v"]).status === 0,
  async prepare({ folder, port, webhookPort, applicationPort, organization }) {
    const script = join(folder, "apache-okta-role.lua");
    await writeFile(script, await documented("apache-okta-role.lua", {}));
    const block = await documented("apache.conf", {
      "<VirtualHost *:443>": `<VirtualHost 127.0.0.1:${port}>`,
      "ServerName app.example.com": "ServerName localhost",
      "SSLEngine on": "",
      "SSLCertificateFile /etc/apache2/app.example.com.pem": "",
      "/etc/apache2/apache-okta-role.lua": script,
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
    });
    const modules = ["mpm_event", "authz_core", "setenvif", "lua", "proxy", "proxy_http"].map(
      (name) => `LoadModule ${name}_module ${APACHE_MODULES}/mod_${name}.so`,
    );
    // Started by root it works as somebody else, who has to get at the script.
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chmod(folder, 0o711);
    const config = [
      `ServerRoot ${folder}`,
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${join(folder, "apache.pid")}`,
      "ErrorLog /dev/stderr",
      "ServerName localhost",
      `Listen 127.0.0.1:${port}`,
      ...modules,
      ...(isRoot ? ["User www-data", "Group www-data"] : []),
      block,
    ];
    const file = join(folder, "apache.conf");
    await writeFile(file, config.join("\n"));
    return ["apache2", "-f", file, "-D", "FOREGROUND"];
  },
};

const traefik: DocumentedProxy = {
  name: "Traefik",
  isHere: () => spawnSync("traefik", ["version"]).status === 0,
  async prepare({ folder, port, webhookPort, applicationPort, organization }) {
    const dynamic = join(folder, "traefik-dynamic.yaml");
    const routes = await documented("traefik.yaml", {
      "app.example.com": "localhost",
      "okta-role-operator.access.svc:80": `127.0.0.1:${webhookPort}`,
      "application:8080": `127.0.0.1:${applicationPort}`,
      "access/acme": organization,
    });
    await writeFile(dynamic, routes);
    const file = join(folder, "traefik.yaml");
    const http = { encodeQuerySemicolons: true, sanitizePath: false, maxHeaderBytes: 16384 };
    const configuration = {
      global: { checkNewVersion: false, sendAnonymousUsage: false },
      log: { level: "ERROR" },
      entryPoints: { web: { address: `127.0.0.1:${port}`, http } },
      providers: { file: { filename: dynamic, watch: false } },
    };
    await writeFile(file, JSON.stringify(configuration)); // JSON is YAML
    return ["traefik", `--configFile=${file}`];
  },
};

export const documentedProxies: readonly DocumentedProxy[] = [nginx, caddy, haproxy, apache, traefik];
