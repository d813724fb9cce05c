import { apiError } from "../../kubernetes/client/errors.ts";
import type { Client, Secret } from "../../kubernetes/index.ts";

/** Secrets by "namespace/name", read as the API server would give them, with what was asked for. */
export class SecretsInMemory {
  readonly secrets = new Map<string, Secret>();
  readonly asked: string[] = [];
  /** What the next reads end with, in their order, instead of with the Secret. */
  readonly failures: (Error | Promise<never>)[] = [];
  readonly client: Pick<Client, "get"> = {
    get: async (_type, key) => {
      this.asked.push(String(key));
      const failure = this.failures.shift();
      if (failure instanceof Error) throw failure;
      if (failure) return failure;
      const secret = this.secrets.get(String(key));
      if (!secret) throw apiError("GET /x", 404, { reason: "NotFound" });
      return secret as never; // what type it is, is the caller's to say
    },
  };

  set(key: string, texts: Record<string, string>, type?: string): void {
    const [namespace = "", name = ""] = key.split("/");
    const data = Object.fromEntries(
      Object.entries(texts).map(([each, text]) => [each, Buffer.from(text).toString("base64")]),
    );
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { namespace, name }, data } as const;
    this.secrets.set(key, type === undefined ? secret : { ...secret, type });
  }
}
