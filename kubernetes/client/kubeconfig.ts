import { existsSync, readFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { findHomeDir, KubeConfig } from "@kubernetes/client-node";
import { KubeConfigError } from "./errors.ts";
import { asError } from "./http-request.ts";

export interface KubeConfigSource {
  /** Path of a kubeconfig; without it KUBECONFIG, ~/.kube/config or the pod's service account, in this order. */
  kubeconfig?: string | undefined;
  /** A context of that kubeconfig; without it the current one. */
  context?: string | undefined;
}

/** Throws a KubeConfigError when there is no usable configuration. */
export async function loadKubeConfig({ kubeconfig, context }: KubeConfigSource): Promise<KubeConfig> {
  const config = await read(kubeconfig ? [kubeconfig] : usualFiles()).catch((cause: unknown) => {
    // What a parser says goes on with the lines around the fault, in which there may be a secret.
    const [reason, ...lines] = asError(cause).message.split("\n");
    const message = `The kubeconfig can't be read: ${reason}`;
    throw lines.length > 0 ? new KubeConfigError(message) : new KubeConfigError(message, { cause });
  });
  // What client-node falls back to when it finds nothing: a server that nobody means.
  if (config.getCurrentContext() === "loaded-context") {
    throw new KubeConfigError(
      "There is no kubeconfig: pass the path of one, set KUBECONFIG, or run in a pod with a service account",
    );
  }
  if (context) config.setCurrentContext(context);
  if (!config.getCurrentCluster()) {
    const known = config.getContexts().map(({ name }) => name);
    throw new KubeConfigError(
      `The kubeconfig has no context "${config.getCurrentContext()}" with a cluster; it has: ${known.join(", ") || "none"}`,
    );
  }
  return config;
}

/** Those of KUBECONFIG, or the one at home. */
function usualFiles(): string[] {
  const named = (process.env.KUBECONFIG ?? "").split(delimiter).filter(Boolean);
  if (named.length > 0) return named;
  const home = findHomeDir();
  const file = home ? join(home, ".kube", "config") : undefined;
  return file && existsSync(file) ? [file] : [];
}

async function read(files: string[]): Promise<KubeConfig> {
  const [config, ...others] = await Promise.all(files.map(readOne));
  if (!config) {
    const inPod = new KubeConfig();
    inPod.loadFromDefault();
    return inPod;
  }
  for (const other of others) add(config, other);
  return config;
}

/** As kubectl does: of what is in several files, the current context too, the first counts. */
function add(config: KubeConfig, { currentContext, clusters, users, contexts }: KubeConfig): void {
  config.currentContext ||= currentContext;
  config.clusters = config.clusters.concat(clusters.filter(isNewIn(config.clusters)));
  config.users = config.users.concat(users.filter(isNewIn(config.users)));
  config.contexts = config.contexts.concat(contexts.filter(isNewIn(config.contexts)));
}

function isNewIn(known: readonly { readonly name: string }[]): (other: { readonly name: string }) => boolean {
  const names = new Set(known.map(({ name }) => name));
  return ({ name }) => !names.has(name);
}

async function readOne(file: string): Promise<KubeConfig> {
  const text = readFileSync(file, "utf8");
  const config = new KubeConfig();
  config.loadFromString(text);
  config.makePathsAbsolute(dirname(file));
  if (!text.includes("tokenFile")) return config;
  const { tokenFilesIn } = await import("./token-files.ts"); // on demand: few need it, and it costs as much as the rest
  const tokenFiles = tokenFilesIn(text);
  config.users = config.users.map((user) => {
    const tokenFile = tokenFiles.get(user.name);
    if (tokenFile === undefined) return user;
    // In the form that client-node has for a pod's. For kubectl, too, the file counts before a token or a plugin.
    const { token: _token, exec: _exec, ...others } = user;
    const path = resolve(dirname(file), tokenFile);
    return { ...others, authProvider: { name: "tokenFile", config: { tokenFile: path } } };
  });
  return config;
}
