import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { findHelm } from "../../dev/control-plane/helm.ts";

/** The folder of the chart. */
export const CHART = fileURLToPath(new URL("../../charts/okta-role-operator/", import.meta.url));

/** The values that an installation can't do without. */
export const REQUIRED = { baseURL: "https://login.example.com" };

/** Values of the chart, as in values.yaml. */
export type Values = Record<string, unknown>;

/** An object that the chart makes. */
const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().optional(),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});
export type Manifest = z.infer<typeof Manifest>;

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Builds Helm where that has not been done yet, which takes minutes: for a hook before the tests. */
export async function helmBuilt(t: { timeout(ms: number): void }): Promise<void> {
  t.timeout(20 * 60_000);
  await findHelm();
}

/** Runs Helm to its end. @param values are given on stdin: `--values -` has to be among the arguments */
export async function helm(
  args: readonly string[],
  { values, env = {} }: { values?: Values; env?: NodeJS.ProcessEnv } = {},
): Promise<HelmResult> {
  const child = spawn(await findHelm(), args, {
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(values === undefined ? "" : JSON.stringify(values));
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { code: typeof code === "number" ? code : 1, stdout, stderr };
}

export interface RenderOptions {
  /** Default: okta-role-operator */
  readonly release?: string;
  /** The release's namespace. Default: access */
  readonly namespace?: string;
  /** More arguments of `helm template`. */
  readonly args?: readonly string[];
}

/** `helm template` with these values beside the required ones. A value that is undefined is left out. */
export function template(values: Values, options: RenderOptions = {}): Promise<HelmResult> {
  const { release = "okta-role-operator", namespace = "access", args = [] } = options;
  return helm(["template", release, CHART, "--namespace", namespace, "--values", "-", ...args], {
    values: { ...REQUIRED, ...values },
  });
}

/** @returns the objects that `helm template` prints; it has to succeed */
export async function render(values: Values, options?: RenderOptions): Promise<Manifest[]> {
  const { code, stdout, stderr } = await template(values, options);
  if (code !== 0) throw new Error(`helm template: ${stderr}`);
  return manifestsIn(stdout);
}

/** @param yaml documents, empty ones among them */
export function manifestsIn(yaml: string): Manifest[] {
  return parseAllDocuments(yaml)
    .map((document) => ("toJS" in document ? document.toJS() : undefined))
    .filter((object) => object !== null && object !== undefined)
    .map((object) => Manifest.parse(object));
}

/** The only object of a kind, or the one with this name. @throws Error when there is none, or more than one */
export function find(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && (name ?? object.metadata.name) === object.metadata.name,
  );
  const [object] = found;
  if (!object || found.length > 1) throw new Error(`${found.length} objects are a ${kind} ${name ?? ""}`);
  return object;
}

/**
 * What stands at a place in an object.
 *
 * @param path names separated by dots; in brackets the name of a list's entry, its number, or a key that has dots:
 *   spec.template.spec.containers[webhook].args[0]
 * @returns undefined when there is no such place
 */
export function at(object: unknown, path: string): unknown {
  let here = object;
  for (const step of path.match(/\[[^\]]+\]|[^.[]+/g) ?? []) {
    if (step.startsWith("[")) here = entry(here, step.slice(1, -1));
    else here = isRecord(here) ? here[step] : undefined;
  }
  return here;
}

function entry(list: unknown, wanted: string): unknown {
  if (!Array.isArray(list)) return isRecord(list) ? list[wanted] : undefined;
  if (/^\d+$/.test(wanted)) return list[Number(wanted)];
  return list.find((element) => isRecord(element) && element.name === wanted);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
