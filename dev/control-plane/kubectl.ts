import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** A cluster as kubectl reaches it. */
export interface KubectlTarget {
  /** Path of the program. */
  readonly kubectl: string;
  /** Path of the kubeconfig; without it kubectl finds its own. */
  readonly kubeconfig?: string;
  /** A context in the kubeconfig; without it the current one. */
  readonly context?: string;
  /** Where kubectl keeps what it knows of a server's API; without it under the user's home folder. */
  readonly cacheDir?: string;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class KubectlError extends Error {
  readonly code = "kubectl-failed";
  constructor(args: readonly string[], result: KubectlResult) {
    super(
      `kubectl ${args.join(" ")} ended with ${result.code}: ${result.stderr.trim() || result.stdout.trim()}`,
    );
  }
}

/** Runs kubectl to its end. @param stdin is what `-f -` reads */
export async function runKubectl(
  target: KubectlTarget,
  args: readonly string[],
  stdin?: string,
): Promise<KubectlResult> {
  const context = target.context === undefined ? [] : ["--context", target.context];
  const env = { ...process.env };
  if (target.kubeconfig !== undefined) env.KUBECONFIG = target.kubeconfig;
  if (target.cacheDir !== undefined) env.KUBECACHEDIR = target.cacheDir;

  const child = spawn(target.kubectl, [...context, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  // kubectl may end without having read all of its input (a bad flag): its exit code says so better than EPIPE does.
  child.stdin.on("error", () => undefined);
  child.stdin.end(stdin ?? "");
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: typeof code === "number" ? code : 1, stdout, stderr };
}

/**
 * Runs kubectl and expects it to succeed.
 *
 * @throws KubectlError
 */
export async function expectKubectl(
  target: KubectlTarget,
  args: readonly string[],
  stdin?: string,
): Promise<KubectlResult> {
  const result = await runKubectl(target, args, stdin);
  if (result.code !== 0) throw new KubectlError(args, result);
  return result;
}

/** The same for its stdout. @throws KubectlError */
export async function kubectlOutput(
  target: KubectlTarget,
  args: readonly string[],
  stdin?: string,
): Promise<string> {
  return (await expectKubectl(target, args, stdin)).stdout;
}
