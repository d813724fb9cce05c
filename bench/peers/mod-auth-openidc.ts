import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../dev/control-plane/ports.ts";
import type { Bench } from "../bench.ts";

const PROGRAM = "/usr/sbin/apache2";
const MODULES = "/usr/lib/apache2/modules";
const START_MS = 10_000;

export interface RunningApache {
  readonly baseURL: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts apache2 with mod_auth_openidc in front of a file, where Debian's packages of both are installed.
 * @returns a sentence where they aren't
 */
export async function startModAuthOpenidc(bench: Bench): Promise<RunningApache | { why: string }> {
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
  const command = [PROGRAM, "-DFOREGROUND", "-f", file];
  const program = await tether.start("apache", command, join(tether.folder, "apache.log"));
  const stop = async (): Promise<void> => {
    await program.stop(5_000);
    await rm(files, { recursive: true });
  };
  const baseURL = `http://localhost:${port}`;
  for (const deadline = performance.now() + START_MS; !(await answers(baseURL)); await sleep(50)) {
    if (program.running && performance.now() < deadline) continue;
    const why = `apache2 didn't start: ${await program.lastOutput(3)}`;
    await stop();
    return { why };
  }
  return { baseURL, pid: program.pid ?? 0, stop };
}

async function answers(baseURL: string): Promise<boolean> {
  try {
    // 401, since fetch says that no person is there to be redirected.
    return (await fetch(`${baseURL}/session`, { redirect: "manual" })).status < 500;
  } catch {
    return false; // not yet
  }
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
