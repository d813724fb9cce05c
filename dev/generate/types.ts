/** The TypeScript types of the CRDs. */
import { isDeepStrictEqual } from "node:util";
import type { JSONSchema } from "json-schema-to-typescript";
import { compile } from "json-schema-to-typescript";
import type { Crd, Schema } from "./crd.ts";

const banner = `/**
 * The types of the API. Generated from the CRDs in this folder by dev/generate.ts: don't edit.
 *
 * They describe objects as the API server returns them: a field with a default is always there.
 */`;

/** What every object carries; the schema of a CRD may not say it, the API server does. */
const objectMeta: JSONSchema = {
  type: "object",
  description: "Name, namespace, labels and what else every Kubernetes object carries.",
  required: ["name"],
  properties: {
    name: { type: "string" },
    namespace: { type: "string" },
    uid: { type: "string" },
    resourceVersion: { type: "string" },
    generation: { type: "integer" },
    creationTimestamp: { type: "string" },
    deletionTimestamp: { type: "string" },
    labels: { type: "object", additionalProperties: { type: "string" } },
    annotations: { type: "object", additionalProperties: { type: "string" } },
    finalizers: { type: "array", items: { type: "string" } },
    ownerReferences: { type: "array", items: { $ref: "#/definitions/OwnerReference" } },
  },
};

const ownerReference: JSONSchema = {
  type: "object",
  description: "The object that this one belongs to, and is deleted with.",
  required: ["apiVersion", "kind", "name", "uid"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    name: { type: "string" },
    uid: { type: "string" },
    controller: { type: "boolean" },
    blockOwnerDeletion: { type: "boolean" },
  },
};

/**
 * @param crds the kinds
 * @returns the text of crds/types.ts: an interface per kind, and one per part of the schema that has a title
 * @throws Error when two parts of the same title differ
 */
export async function typesOf(crds: Crd[]): Promise<string> {
  const named = new Map<string, JSONSchema>([
    ["ObjectMeta", objectMeta],
    ["OwnerReference", ownerReference],
  ]);
  const kinds = crds.map((crd) => {
    const converted = toJsonSchema(crd.schema, named);
    const definition = named.get(crd.kind);
    if (!definition?.properties) throw new Error(`the schema of ${crd.kind} needs the title ${crd.kind}`);
    definition.required = ["apiVersion", "kind", "metadata", ...asList(definition.required)];
    Object.assign(definition.properties, {
      apiVersion: { const: crd.apiVersion },
      kind: { const: crd.kind },
      metadata: { $ref: "#/definitions/ObjectMeta" },
    });
    return converted;
  });

  const text = await compile(
    {
      description: "Any object of the API, told apart by its kind.",
      oneOf: kinds,
      definitions: Object.fromEntries(named),
    },
    "RoleMappingObject",
    {
      additionalProperties: false,
      bannerComment: banner,
      ignoreMinAndMaxItems: true,
      style: { printWidth: 110 },
    },
  );
  return text.replaceAll(
    /\n \*\n \* This interface was referenced by .*\n \* via the `definition` .*\n/g,
    "\n",
  );
}

/** Turns a structural schema into a JSON schema in which every part with a title is a definition of its own. */
function toJsonSchema(schema: Schema, named: Map<string, JSONSchema>): JSONSchema {
  const { title, description } = schema;
  const converted: JSONSchema = { ...(description && { description }), ...typeOf(schema) };
  if (schema.items) converted.items = toJsonSchema(schema.items, named);
  if (schema.properties) {
    converted.properties = {};
    for (const [name, property] of Object.entries(schema.properties)) {
      converted.properties[name] = toJsonSchema(property, named);
    }
    // Its status an object has from the API server alone: what a program makes has none yet.
    const defaulted = Object.entries(schema.properties).filter(
      ([name, property]) => property.default !== undefined && name !== "status",
    );
    converted.required = [...(schema.required ?? []), ...defaulted.map(([name]) => name)];
  }
  if (!title) return converted;
  return define(title, converted, named);
}

/** Where two places share a type, each keeps its own description, and the type has none. */
function define(title: string, converted: JSONSchema, named: Map<string, JSONSchema>): JSONSchema {
  const known = named.get(title);
  if (known && !isDeepStrictEqual(withoutDescriptions(known), withoutDescriptions(converted))) {
    throw new Error(
      `two parts of the schemas have the title ${title} and differ: make them equal, or rename one`,
    );
  }
  const { description } = converted;
  if (!known) named.set(title, converted);
  else if (known.description !== description) delete known.description;
  return { ...(description && { description }), allOf: [{ $ref: `#/definitions/${title}` }] };
}

function typeOf(schema: Schema): JSONSchema {
  if (schema["x-kubernetes-int-or-string"]) return { type: ["integer", "string"] };
  if (schema.enum) return { enum: schema.enum };
  if (schema.type === undefined) throw new Error(`a part of the schema has no type: ${schema.description}`);
  return { type: schema.type as NonNullable<JSONSchema["type"]> };
}

function asList(required: JSONSchema["required"]): string[] {
  return Array.isArray(required) ? required : [];
}

function withoutDescriptions(schema: JSONSchema): unknown {
  return JSON.parse(
    JSON.stringify(schema, (key, value) =>
      key === "description" && typeof value === "string" ? undefined : value,
    ),
  );
}
