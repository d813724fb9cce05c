import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { apiRequest } from "./api-request.ts";
import { freePort } from "./ports.ts";
import { onFreePort } from "./start-failed.ts";
import type { Tether, TetheredProcess } from "./tether.ts";
import { untilReady } from "./until-ready.ts";

export interface ApiServerOptions {
  tether: Tether;
  program: string;
  /** Has service-account.key, service-account.pub and tokens.csv. */
  folder: string;
  etcdUrl: string;
  /** The admin's, as in tokens.csv. */
  token: string;
}

/** A kube-apiserver that answers. */
export interface ApiServer {
  readonly url: string;
  /** The certificate that its own is signed with, as PEM. */
  readonly ca: string;
  /** @param graceMs see TetheredProcess.stop */
  restart(graceMs: number): Promise<void>;
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts kube-apiserver and waits until it says that it is ready: what it makes for itself at its first start (RBAC's
 * own roles, the namespaces) is there by then.
 *
 * @throws StartFailedError
 */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const certificates = join(options.folder, "certificates");
  // They are for one year; a folder may be kept for longer.
  await rm(certificates, { recursive: true, force: true });

  let { process, port } = await onFreePort(async () => {
    const port = await freePort();
    return { port, process: await launch(options, port, certificates) };
  });
  return {
    url: urlOf(port),
    ca: await signingCertificate(certificates),
    async restart(graceMs) {
      await process.stop(graceMs);
      process = await launch(options, port, certificates);
    },
    stop: (graceMs) => process.stop(graceMs),
  };
}

async function launch(
  options: ApiServerOptions,
  port: number,
  certificates: string,
): Promise<TetheredProcess> {
  const { folder, token } = options;
  const process = await options.tether.start(
    "kube-apiserver",
    [
      options.program,
      `--etcd-servers=${options.etcdUrl}`,
      "--bind-address=127.0.0.1",
      `--secure-port=${port}`,
      "--advertise-address=127.0.0.1",
      // Loopback can't be an endpoint of the service `kubernetes`; without nodes nobody asks for it.
      "--endpoint-reconciler-type=none",
      // It makes itself a certificate here, so that nothing else has to know how to.
      `--cert-dir=${certificates}`,
      `--token-auth-file=${join(folder, "tokens.csv")}`,
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      `--service-account-key-file=${join(folder, "service-account.pub")}`,
      `--service-account-signing-key-file=${join(folder, "service-account.key")}`,
      "--service-cluster-ip-range=10.96.0.0/16",
      "--profiling=false",
    ],
    join(folder, "kube-apiserver.log"),
  );
  await untilReady(process, async () => {
    const access = { url: urlOf(port), ca: await signingCertificate(certificates), token };
    return (await apiRequest(access, "GET", "/readyz")).status === 200;
  });
  return process;
}

function urlOf(port: number): string {
  return `https://127.0.0.1:${port}`;
}

/** kube-apiserver writes its own certificate and, after it, the one that it was signed with. */
async function signingCertificate(certificates: string): Promise<string> {
  const chain = await readFile(join(certificates, "apiserver.crt"), "utf8");
  const last = chain.lastIndexOf("-----BEGIN CERTIFICATE-----");
  if (last <= 0) throw new Error(`${certificates}/apiserver.crt has no signing certificate in it`);
  return chain.slice(last);
}
