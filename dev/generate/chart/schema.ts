/** The JSON Schema of the chart's values: charts/okta-role-operator/values.schema.json. */
import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import type { Crd, Schema } from "../crd.ts";
import type { Value } from "./values.ts";

type JsonSchema = Record<string, unknown>;

const definitions = z.record(z.string(), z.record(z.string(), z.unknown()));

/** Helm itself adds this to the values of a chart that is another's dependency. */
const OF_PARENT_CHARTS: JsonSchema = {
  enabled: { type: "boolean", description: "For the condition of a parent chart. Not used." },
};

/**
 * Every object refuses keys that it doesn't know, so that a typo is an error.
 *
 * @param values the chart's values
 * @param crds of which Organization and OktaRoleMapping may be given as values
 * @returns the text of values.schema.json. Draft 7: what every Helm from 3.0 on understands
 * @throws Error when a value refers to a definition that isn't there, or one isn't referred to
 */
export async function valuesSchema(values: Value[], crds: Crd[]): Promise<string> {
  const file = await readFile(new URL("definitions.yaml", import.meta.url), "utf8");
  const known: Record<string, JsonSchema> = {
    ...definitions.parse(parse(file)),
    organizationSpec: specOf(crds, "Organization"),
    mappingSpec: specOf(crds, "OktaRoleMapping"),
  };
  const schema: JsonSchema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Values of the chart okta-role-operator",
    $comment: "Generated from values.yaml and crds/ by dev/generate.ts: don't edit.",
    ...objectOf(values),
    definitions: known,
  };
  Object.assign(schema.properties as JsonSchema, OF_PARENT_CHARTS);
  const resolved = resolveReferences(schema);
  requireDefinitions(JSON.stringify(resolved), Object.keys(known));
  return `${JSON.stringify(resolved, undefined, 2)}\n`;
}

function objectOf(values: Value[]): JsonSchema {
  return {
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries(
      values.map((value) => [value.name, value.path === "global" ? open(schemaOf(value)) : schemaOf(value)]),
    ),
  };
}

/** Other charts under the same parent have their own of these. */
function open({ additionalProperties: _, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

function schemaOf(value: Value): JsonSchema {
  const description = value.description === "" ? {} : { description: value.description };
  if (value.children.length > 0) return { ...description, ...objectOf(value.children) };
  const { $ref, ...keywords } = value.schema;
  const referred = typeof $ref === "string" ? { allOf: [{ $ref }] } : {};
  const typed =
    "type" in keywords || "enum" in keywords || "$ref" in value.schema ? {} : { type: typeOf(value.default) };
  return { ...description, ...typed, ...keywords, ...referred, default: value.default };
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
}

/** The part of a CRD that people write, closed: a structural schema ignores what it doesn't know. */
function specOf(crds: Crd[], kind: string): JsonSchema {
  const spec = crds.find((crd) => crd.kind === kind)?.schema.properties?.spec;
  if (!spec) throw new Error(`there is no CRD ${kind} with a spec`);
  return closed(spec);
}

function closed(schema: Schema): JsonSchema {
  const { description, required, items, properties } = schema;
  const type = schema["x-kubernetes-int-or-string"] ? ["integer", "string"] : schema.type;
  const children = Object.entries(properties ?? {}).map(([name, property]) => [name, closed(property)]);
  const limits = (["enum", "minLength", "maxLength", "maxItems", "minimum", "maximum"] as const).flatMap(
    (keyword) => (schema[keyword] === undefined ? [] : [[keyword, schema[keyword]]]),
  );
  return {
    ...(type === undefined ? {} : { type }),
    ...(description === undefined ? {} : { description: description.trim() }),
    ...Object.fromEntries(limits),
    ...(required ? { required } : {}),
    ...(items ? { items: closed(items) } : {}),
    ...(properties ? { additionalProperties: false, properties: Object.fromEntries(children) } : {}),
  };
}

/** Turns the name of a definition into a pointer to it, wherever one stands. */
function resolveReferences(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(resolveReferences);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) =>
      key === "$ref" && typeof value === "string"
        ? [key, `#/definitions/${value}`]
        : // A default is what it is, even where it has a key called $ref.
          [key, key === "default" ? value : resolveReferences(value)],
    ),
  );
}

function requireDefinitions(text: string, known: string[]): void {
  const used = new Set([...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name ?? ""));
  for (const name of used) if (!known.includes(name)) throw new Error(`definitions.yaml has no ${name}`);
  for (const name of known)
    if (!used.has(name)) throw new Error(`nothing refers to ${name} of definitions.yaml`);
}
