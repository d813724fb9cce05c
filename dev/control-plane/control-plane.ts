import { generateKeyPairSync, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "pino";
import { z } from "zod";
import type { ApiAccess } from "./api-request.ts";
import { startApiServer } from "./api-server.ts";
import { type Binaries, findBinaries } from "./binaries.ts";
import { startEtcd } from "./etcd.ts";
import { clusterOf, kubeconfigText, serviceAccountKubeconfig } from "./kubeconfig.ts";
import { chosenKubernetes } from "./kubernetes-version.ts";
import { writePrivately } from "./private-file.ts";
import { type Progress, showProgress } from "./progress.ts";
import { Tether } from "./tether.ts";

/** A running etcd and kube-apiserver, as anybody who is told of it can use it. */
export interface RunningControlPlane {
  /** Path of the cluster admin's kubeconfig. */
  readonly kubeconfig: string;
  readonly url: string;
  /** Path of kubectl: the server's version, or a later one. */
  readonly kubectl: string;
  /** Where kubectl keeps what it knows of this server; goes with the control plane. */
  readonly cacheDir: string;
  /** How requests reach it as the cluster admin. */
  readonly admin: ApiAccess;
  /**
   * @returns the path of a kubeconfig that acts as this service account, readable by this user only
   * @throws KubectlError when there is no such service account
   */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
}

/** A control plane that this process started. */
export interface ControlPlane extends RunningControlPlane {
  /** Path of the file that tells other processes of this control plane: see attachControlPlane. */
  readonly description: string;
  /**
   * Stops the API server and starts it again, on the same port and with the same data.
   *
   * @param options.kill ends it with SIGKILL, in the middle of whatever it does, instead of letting it finish
   */
  restartApiServer(options?: { kill?: boolean }): Promise<void>;
  /**
   * Keeps what is stored now.
   * @returns a function that brings that back, as an administrator does: all is stopped, the data is put back, all is
   * started again. What was written meanwhile is lost, and the store counts on from where it was.
   */
  backUp(): Promise<() => Promise<void>>;
  /** Stops all and removes what isn't in a folder that the caller gave. Safe to call twice. */
  stop(): Promise<void>;
}

export interface ControlPlaneOptions {
  /** Keeps data and kubeconfigs here, for the next start; without it they are in a folder that goes with stop(). */
  dir?: string;
  /** Of the kubeconfig's context, so that people needn't write --namespace; `default` unless said otherwise. */
  namespace?: string;
  /** Is told of programs that end by themselves. */
  log?: Logger;
  /** Is told of a build, when there has to be one. */
  progress?: Progress;
  /** Is waited for before it begins. */
  beforeBuilding?: () => Promise<void>;
}

/** SIGTERM lets the API server answer what it has been asked; it takes a second for that even when idle. */
const DRAIN_MS = 10_000;
const ETCD_STOP_MS = 5_000;

/**
 * Starts etcd and kube-apiserver on free ports of the loopback interface, with RBAC. Takes two to three seconds.
 *
 * There is no kube-controller-manager: namespaces get no `default` service account, a deleted owner doesn't take its
 * dependents along, and a deleted namespace stays until its finalizer is removed (testCluster does that).
 *
 * Nothing of it outlives this process, however that ends.
 *
 * @throws UnknownKubernetesError, OtherKubernetesError when KUBERNETES can't be followed
 * @throws BinaryMissingError, GoMissingError, GoTooOldError, GoFailedError when there are no binaries
 * @throws StartFailedError with the end of the log when a program doesn't come up
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { progress = showProgress(), beforeBuilding } = options;
  const binaries = await findBinaries(progress, chosenKubernetes(), beforeBuilding);
  const tether = await Tether.create(options.log);
  try {
    return await start(binaries, tether, options);
  } catch (error) {
    await tether.release();
    throw error;
  }
}

async function start(
  binaries: Binaries,
  tether: Tether,
  { dir, namespace = "default" }: ControlPlaneOptions,
): Promise<ControlPlane> {
  const folder = dir ?? join(tether.folder, "control-plane");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const token = await credentials(folder);

  const etcd = await startEtcd(tether, binaries.etcd, folder);
  const apiServer = await startApiServer({
    tether,
    program: binaries.kubeApiserver,
    folder,
    etcdUrl: etcd.url,
    token,
  });
  const admin: ApiAccess = { url: apiServer.url, ca: apiServer.ca, token };

  const kubeconfig = join(folder, "kubeconfig");
  const described = {
    kubeconfig,
    kubectl: binaries.kubectl,
    cacheDir: join(folder, "kubectl-cache"),
    folder,
    admin,
  };
  const description = join(folder, "control-plane.json");
  await writePrivately(kubeconfig, kubeconfigText(clusterOf(admin), "admin", token, namespace));
  await writePrivately(description, JSON.stringify(described));

  let stopping: Promise<void> | undefined;
  return {
    ...running(described),
    description,
    restartApiServer: ({ kill = false } = {}) => apiServer.restart(kill ? 0 : DRAIN_MS),
    async backUp() {
      const copy = join(folder, `backup-${randomBytes(4).toString("hex")}`);
      await apiServer.stop(0);
      await etcd.restart(ETCD_STOP_MS, (data) => cp(data, copy, { recursive: true }));
      await apiServer.restart(0);
      return async () => {
        await apiServer.stop(0);
        await etcd.restart(ETCD_STOP_MS, async (data) => {
          await rm(data, { recursive: true });
          await cp(copy, data, { recursive: true });
        });
        await apiServer.restart(0);
      };
    },
    stop() {
      stopping ??= (async () => {
        // The API server keeps nothing that isn't in etcd, so there is nothing to wait for.
        await apiServer.stop(0);
        await etcd.stop(ETCD_STOP_MS);
        await tether.release();
      })();
      return stopping;
    },
  };
}

const Description = z.object({
  kubeconfig: z.string(),
  kubectl: z.string(),
  cacheDir: z.string(),
  folder: z.string(),
  admin: z.object({ url: z.url(), ca: z.string(), token: z.string() }),
});

/**
 * A control plane that another process has started and keeps.
 *
 * @param description the path of its file (what ORO_CONTROL_PLANE holds)
 */
export async function attachControlPlane(description: string): Promise<RunningControlPlane> {
  return running(Description.parse(JSON.parse(await readFile(description, "utf8"))));
}

function running(described: z.infer<typeof Description>): RunningControlPlane {
  const { folder, ...rest } = described;
  return {
    ...rest,
    url: described.admin.url,
    serviceAccountKubeconfig: (namespace, name) =>
      serviceAccountKubeconfig(described, folder, namespace, name),
  };
}

/**
 * Makes the keys that sign service accounts' tokens and the admin's token, unless the folder has them already.
 *
 * @returns the admin's token
 */
async function credentials(folder: string): Promise<string> {
  const tokens = join(folder, "tokens.csv");
  if (existsSync(tokens)) {
    const [token = ""] = (await readFile(tokens, "utf8")).split(",");
    return token;
  }
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writePrivately(join(folder, "service-account.key"), privateKey);
  await writePrivately(join(folder, "service-account.pub"), publicKey);
  const token = randomBytes(24).toString("hex");
  await writePrivately(tokens, `${token},admin,admin,system:masters\n`);
  return token;
}
