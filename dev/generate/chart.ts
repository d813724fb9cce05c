/** What follows from other files in the chart: its versions, the schema and README of its values, the dashboard. */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { dashboard } from "./chart/dashboard.ts";
import { chartReadme } from "./chart/readme.ts";
import { valuesSchema } from "./chart/schema.ts";
import { readValues } from "./chart/values.ts";
import type { Crd } from "./crd.ts";

const CHART = "charts/okta-role-operator";

const packageFile = z.object({ version: z.string() });

/**
 * @param root of the repository
 * @param crds the kinds
 * @returns path in the repository -> what should be in it
 */
export async function chartFiles(root: URL, crds: Crd[]): Promise<[path: string, content: string][]> {
  const read = (path: string): Promise<string> => readFile(new URL(path, root), "utf8");
  const values = readValues(await read(`${CHART}/values.yaml`));
  const { version } = packageFile.parse(JSON.parse(await read("package.json")));
  return [
    [`${CHART}/Chart.yaml`, withVersion(await read(`${CHART}/Chart.yaml`), version)],
    [`${CHART}/values.schema.json`, await valuesSchema(values, crds)],
    [`${CHART}/README.md`, chartReadme(values)],
    [`${CHART}/files/dashboard.json`, dashboard()],
  ];
}

/** One version for the program, its image and its chart: package.json's. */
function withVersion(chart: string, version: string): string {
  return chart
    .replace(/^version: .*$/m, `version: ${version}`)
    .replace(/^appVersion: .*$/m, `appVersion: "${version}"`);
}
