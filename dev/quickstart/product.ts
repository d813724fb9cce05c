import { join } from "node:path";
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
  /** More flags, by program. */
  readonly flags?: { readonly operator?: readonly string[]; readonly webhook?: readonly string[] };
}

/** Operator and webhook as two processes beside each other, as the two containers of the pod are. */
export interface Product {
  readonly baseURL: string;
  readonly operator: Program;
  readonly webhook: Program;
  stop(): Promise<void>;
}

/** Starts the webhook, then the operator, which has to know where browsers reach the webhook. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const webhook = await startWebhook(options);
  const baseURL = `http://localhost:${webhook.port}`;
  try {
    const operator = await startOperator(options, baseURL);
    return {
      baseURL,
      operator,
      webhook,
      stop: async () => {
        await Promise.all([operator.stop(), webhook.stop()]);
      },
    };
  } catch (error) {
    await webhook.stop();
    throw error;
  }
}

/** One webhook process. */
export function startWebhook(options: ProductOptions): Promise<Program> {
  return startProgram(options.tether, {
    name: `webhook${options.suffix ?? ""}`,
    file: "webhook/main.ts",
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
    file: "operator/main.ts",
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

function common({ kubeconfig, namespace, logLevel = "info" }: ProductOptions): string[] {
  const loopback = ["--health-host", "127.0.0.1", "--health-port", "0"];
  return [...loopback, "--kubeconfig", kubeconfig, "--namespace", namespace, "--log-level", logLevel];
}
