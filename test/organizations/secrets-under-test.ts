import { SecretValues } from "../../organizations/secret-values.ts";
import type { ClusterOfFile } from "../cluster-of-file.ts";
import { InterruptedClient } from "../kubernetes/interrupted-client.ts";

/** Values of Secrets as a program reads them, which somebody writes meanwhile. */
export class SecretsUnderTest {
  readonly #cluster: ClusterOfFile["cluster"];
  /** The program's. */
  readonly client: InterruptedClient;
  readonly values: SecretValues;

  constructor({ cluster, client }: ClusterOfFile, neverRead: readonly string[] = []) {
    this.#cluster = cluster;
    this.client = new InterruptedClient(client);
    this.values = new SecretValues({ client: this.client, neverRead });
  }

  /** How often a Secret was asked for. */
  get reads(): number {
    return this.client.calls.length;
  }

  /** @param more a type, annotations; without texts, there is no data */
  async write(
    name: string,
    stringData?: Record<string, string>,
    { type, annotations }: { type?: string; annotations?: Record<string, string> } = {},
  ): Promise<void> {
    const metadata = { name, ...(annotations && { annotations }) };
    await this.#cluster.apply({
      ...{ apiVersion: "v1", kind: "Secret", metadata },
      ...(stringData && { stringData }),
      ...(type && { type }),
    });
  }
}
