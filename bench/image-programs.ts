import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { bundle, programs } from "../dev/bundle.ts";
import type { ImagePrograms } from "../dev/quickstart/product.ts";

/**
 * Makes the programs as the image has them, run as the image runs them: what is measured is what is shipped.
 * @param folder where they go
 * @throws Error when the Dockerfile doesn't say how they are run
 */
export async function imagePrograms(folder: string): Promise<ImagePrograms> {
  await bundle(programs, folder);
  await writeFile(join(folder, "package.json"), JSON.stringify({ type: "module" }));
  const dockerfile = await readFile(new URL("../Dockerfile", import.meta.url), "utf8");
  const [, entryPoint = ""] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile) ?? [];
  const [node, ...flags] = [...entryPoint.matchAll(/"([^"]*)"/g)].map(([, word = ""]) => word);
  if (node !== "node") throw new Error("the Dockerfile's ENTRYPOINT isn't node");
  const environment = [...dockerfile.matchAll(/^ENV (.*)$/gm)].flatMap(([, words = ""]) => words.split(" "));
  return {
    runtime: ["env", ...environment, process.execPath, ...flags],
    operator: join(folder, "operator.js"),
    webhook: join(folder, "webhook.js"),
  };
}
