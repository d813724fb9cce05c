import { join } from "node:path";
import { freePort } from "../control-plane/ports.ts";
import type { Tether } from "../control-plane/tether.ts";
import { type Program, startProgram } from "./program.ts";

export interface ProductOptions {
  /** The processes end with it. */
  readonly tether: Tether;
  /** Tells several of a kind apart. */
  readonly suffix?: string;
  /** A kubeconfig of the product's service account. */
  readonly kubeconfig: string;
  readonly namespace: string;
  /** Where logs go. */
  readonly folder: string;
  /** The webhook's port; 0 for a free one. */
  readonly port: number;
  readonly logLevel?: string;
  /** The programs as an image has them, to run these instead of the source. */
  readonly image?: ImagePrograms;
  /** More flags, by program. */
  readonly flags?: { readonly operator?: readonly string[]; readonly webhook?: readonly string[] };
}

/** The programs of an image: bundles, and what runs them. */
export interface ImagePrograms {
  readonly runtime: readonly string[];
  /** The paths of operator.js and webhook.js. */
  readonly operator: string;
  readonly webhook: string;
}

/** Operator and webhook as two processes beside each other, as the two containers of the pod are. */
export interface Product {
  readonly baseURL: string;
  readonly operator: Program;
  readonly webhook: Program;
  stop(): Promise<void>;
}

/** Starts both. @throws Error with the last words of the one that doesn't come up; the other is stopped then */
export async function startProduct(options: ProductOptions): Promise<Product> {
  // Known beforehand, so that neither has to wait for the other.
  const port = options.port === 0 ? await freePort() : options.port;
  const baseURL = `http://localhost:${port}`;
  const [webhook, operator] = await Promise.allSettled([
    startWebhook({ ...options, port }),
    startOperator(options, baseURL),
  ]);
  const stop = async (): Promise<void> => {
    await Promise.all(
      [webhook, operator].map((program) =>
        program.status === "fulfilled" ? program.value.stop() : undefined,
      ),
    );
  };
  if (webhook.status === "fulfilled" && operator.status === "fulfilled")
    return { baseURL, operator: operator.value, webhook: webhook.value, stop };
  await stop();
  throw webhook.status === "rejected" ? webhook.reason : (operator as PromiseRejectedResult).reason;
}

/** One webhook process. */
export function startWebhook(options: ProductOptions): Promise<Program> {
  return startProgram(options.tether, {
    name: `webhook${options.suffix ?? ""}`,
    ...programOf(options, "webhook"),
    logFile: join(options.folder, `webhook${options.suffix ?? ""}.log`),
    args: [
      ...common(options),
      "--port",
      String(options.port),
      "--health-port",
      "0",
      ...(options.flags?.webhook ?? []),
    ],
  });
}

/** One operator process. @param baseURL where browsers reach the webhook */
export function startOperator(options: ProductOptions, baseURL: string): Promise<Program> {
  return startProgram(options.tether, {
    name: `operator${options.suffix ?? ""}`,
    ...programOf(options, "operator"),
    logFile: join(options.folder, `operator${options.suffix ?? ""}.log`),
    args: [
      ...common(options),
      "--base-url",
      baseURL,
      "--health-port",
      "0",
      ...(options.flags?.operator ?? []),
    ],
  });
}

function programOf({ image }: ProductOptions, name: "operator" | "webhook") {
  return image ? { runtime: image.runtime, file: image[name] } : { file: `${name}/main.ts` };
}

function common({ kubeconfig, namespace, logLevel = "info" }: ProductOptions): string[] {
  // The Okta stand-in is on this machine.
  const loopback = ["--health-host", "127.0.0.1", "--health-port", "0", "--okta-addresses", "loopback"];
  return [...loopback, "--kubeconfig", kubeconfig, "--namespace", namespace, "--log-level", logLevel];
}
