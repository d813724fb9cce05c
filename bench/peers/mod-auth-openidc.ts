import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../dev/control-plane/ports.ts";
import type { Bench } from "../bench.ts";
import { type ForeignProgram, startForeign } from "./foreign-program.ts";

const PROGRAM = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";

/**
 * Starts apache2 with mod_auth_openidc in front of a file, where Debian's packages of both are installed.
 * @returns a sentence where they aren't
 */
export async function startModAuthOpenidc(bench: Bench): Promise<ForeignProgram | { why: string }> {
  if (!existsSync(PROGRAM) || !existsSync(`${MODULES}/mod_auth_openidc.so`))
    return { why: "apache2 and libapache2-mod-auth-openidc aren't installed." };
  const { tether } = bench;
  const port = await freePort();
  // Its workers are another user's, so what they serve can't be in a folder that is ours alone.
  const files = await mkdtemp(join(tmpdir(), "okta-role-bench-"));
  await chmod(files, 0o755);
  await writeFile(join(files, "session"), JSON.stringify({ user: "somebody" }));
  const file = join(tether.folder, "apache.conf");
  await writeFile(file, configuration({ folder: tether.folder, files, port }, bench), { mode: 0o600 });
  const apache = await startForeign(bench, {
    name: "apache",
    command: [PROGRAM, "-DFOREGROUND", "-f", file],
    baseURL: `http://localhost:${port}`,
    path: "/session",
  });
  const stop = async (): Promise<void> => {
    if ("stop" in apache) await apache.stop();
    await rm(files, { recursive: true });
  };
  if ("stop" in apache) return { ...apache, stop };
  await stop();
  return apache;
}

/** One process with threads, as one container would have it; nothing is logged; sessions are in shared memory. */
function configuration(
  { folder, files, port }: { folder: string; files: string; port: number },
  { provider }: Bench,
): string {
  const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc"];
  return `
ServerRoot ${folder}
PidFile ${folder}/httpd.pid
Listen 127.0.0.1:${port}
ServerName localhost
User www-data
Group www-data
${modules.map((name) => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join("\n")}
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MaxRequestWorkers 32
MinSpareThreads 1
MaxSpareThreads 32
KeepAlive On
MaxKeepAliveRequests 0
ErrorLog ${folder}/apache.log
LogLevel error
DocumentRoot ${files}
OIDCProviderMetadataURL ${provider.issuer}/.well-known/openid-configuration
OIDCClientID ${provider.clientID}
OIDCClientSecret ${provider.clientSecret}
OIDCRedirectURI http://localhost:${port}/callback
OIDCCryptoPassphrase a-passphrase-for-one-run
OIDCScope "openid profile email groups"
OIDCRemoteUserClaim sub
OIDCSSLValidateServer Off
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
`;
}
