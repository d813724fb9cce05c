import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { bundle, programs } from "../dev/bundle.ts";
import type { ImagePrograms } from "../dev/quickstart/product.ts";

const chartValues = z.object({
  operator: z.object({ resources: z.object({ limits: z.object({ memory: z.string() }) }) }),
});

/**
 * Makes the programs as the image has them, run as the image runs them in a container with the chart's memory limit:
 * what is measured is what is shipped.
 * @param folder where they go
 * @throws Error when the Dockerfile doesn't say how they are run, or the chart how much memory there is
 */
export async function imagePrograms(folder: string): Promise<ImagePrograms> {
  await bundle(programs, folder);
  const dockerfile = await readFile(new URL("../Dockerfile", import.meta.url), "utf8");
  const [, entryPoint = ""] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [node, ...flags] = [...entryPoint.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
  if (node !== "node") throw new Error("the Dockerfile's ENTRYPOINT isn't node");
  const environment = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, words = ""]) => words.split(" "));
  const limit = await memoryLimitMiB();
  return {
    runtime: ["env", ...environment, process.execPath, ...flags.map((flag) => inContainer(flag, limit))],
    operator: join(folder, "operator.js"),
    webhook: join(folder, "webhook.js"),
  };
}

async function memoryLimitMiB(): Promise<number> {
  const file = new URL("../charts/okta-role-operator/values.yaml", import.meta.url);
  const { memory } = chartValues.parse(parse(await readFile(file, "utf8"))).operator.resources.limits;
  const [, size] = /^(\d+)Mi$/.exec(memory) ?? [];
  if (size === undefined) throw new Error(`the chart's memory limit isn't in Mi: ${memory}`);
  return Number(size);
}

/** A share of the machine's memory is none of the container's here: there is no container. */
function inContainer(flag: string, limitMiB: number): string {
  const [, share] = /^--max-old-space-size-percentage=(\d+)$/.exec(flag) ?? [];
  return share === undefined ? flag : `--max-old-space-size=${Math.floor((limitMiB * Number(share)) / 100)}`;
}

/** The same programs with another heap. */
export function withHeap(programs: ImagePrograms, heapMiB: number): ImagePrograms {
  const runtime = programs.runtime.map((word) =>
    word.replace(/^(--max-old-space-size)=\d+$/, `$1=${heapMiB}`),
  );
  return { ...programs, runtime };
}
