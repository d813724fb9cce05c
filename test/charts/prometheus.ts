import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { freePort } from "../../dev/control-plane/ports.ts";
import type { Tether } from "../../dev/control-plane/tether.ts";
import { waitFor } from "../wait-for.ts";

/** Whether a Prometheus is on this machine (Debian's package prometheus has it). */
export const hasPrometheus = spawnSync("prometheus", ["--version"]).error === undefined;

/** Something to scrape, with the labels that the Prometheus Operator would give it. */
export interface Target {
  readonly port: number;
  readonly labels: Readonly<Record<string, string>>;
}

/** One series that a query has found. */
const Sample = z.object({
  metric: z.record(z.string(), z.string()),
  value: z.tuple([z.number(), z.string()]),
});
export type Sample = z.infer<typeof Sample>;

const Answer = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.object({ resultType: z.literal("vector"), result: z.array(Sample) }),
  }),
  z.object({ status: z.literal("error"), error: z.string() }),
]);

/** A query that Prometheus doesn't take. */
export class QueryError extends Error {
  readonly code = "query-invalid";
}

/** A Prometheus of the test's own, on loopback, which scrapes every second. */
export class Prometheus {
  readonly #url: string;

  private constructor(url: string) {
    this.#url = url;
  }

  /** @param folder for its settings, its data and its log. It ends with the tether, or with `stop` */
  static async start(
    tether: Tether,
    { folder, job, targets }: { folder: string; job: string; targets: readonly Target[] },
  ): Promise<{ prometheus: Prometheus; stop: () => Promise<void> }> {
    const config = join(folder, "prometheus.yml");
    const storage = join(folder, "prometheus");
    await mkdir(storage);
    const port = await freePort();
    const scrape = targets.map(({ port: scraped, labels }) => ({
      targets: [`127.0.0.1:${scraped}`],
      labels,
    }));
    await writeFile(
      config,
      stringify({
        global: { scrape_interval: "1s", scrape_timeout: "1s" },
        scrape_configs: [{ job_name: job, static_configs: scrape }],
      }),
    );
    const log = join(folder, "prometheus.log");
    const address = `127.0.0.1:${port}`;
    const child = await tether.start(
      "prometheus",
      [
        "prometheus",
        `--config.file=${config}`,
        `--storage.tsdb.path=${storage}`,
        `--web.listen-address=${address}`,
      ],
      log,
    );
    const url = `http://${address}`;
    await waitFor(
      async () => {
        if (!child.running) throw new Error(`Prometheus ended at once:\n${await child.lastOutput()}`);
        const answer = await fetch(`${url}/-/ready`).catch(() => undefined);
        await answer?.arrayBuffer();
        return answer?.ok ? true : undefined;
      },
      { what: "Prometheus to be ready" },
    );
    return { prometheus: new Prometheus(url), stop: () => child.stop(10_000) };
  }

  /** @returns the series that a query gives now @throws QueryError */
  async query(query: string): Promise<Sample[]> {
    const answer = await fetch(`${this.#url}/api/v1/query`, {
      method: "POST",
      body: new URLSearchParams({ query }),
    });
    const parsed = Answer.parse(await answer.json());
    if (parsed.status === "error") throw new QueryError(`${parsed.error}: ${query}`);
    return parsed.data.result;
  }
}
