/** Reads the CustomResourceDefinitions under crds/, as far as the generators need them. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

/** The files, in the order in which a reader should meet the kinds. */
export const crdFiles = [
  "organization.yaml",
  "oktarolemapping.yaml",
  "organizationuser.yaml",
  "oktahints.yaml",
];

/** A node of a structural schema. */
export interface Schema {
  title?: string | undefined;
  type?: string | undefined;
  description?: string | undefined;
  properties?: Record<string, Schema> | undefined;
  items?: Schema | undefined;
  required?: string[] | undefined;
  enum?: string[] | undefined;
  default?: unknown;
  format?: string | undefined;
  minLength?: number | undefined;
  maxLength?: number | undefined;
  maxItems?: number | undefined;
  minimum?: number | undefined;
  maximum?: number | undefined;
  "x-kubernetes-int-or-string"?: boolean | undefined;
  "x-kubernetes-list-type"?: string | undefined;
  "x-kubernetes-map-type"?: string | undefined;
  "x-kubernetes-list-map-keys"?: string[] | undefined;
  "x-kubernetes-validations"?: Rule[] | undefined;
}

/** A CEL rule, and what somebody reads who breaks it. */
export interface Rule {
  rule: string;
  message: string;
  messageExpression?: string | undefined;
  fieldPath?: string | undefined;
  reason?: string | undefined;
}

const rule = z.strictObject({
  rule: z.string(),
  message: z.string(),
  messageExpression: z.string().optional(),
  fieldPath: z.string().optional(),
  reason: z.string().optional(),
});

// Strict: a keyword that the generators don't know would be lost from the types without a word.
const schema: z.ZodType<Schema> = z.strictObject({
  title: z.string().optional(),
  type: z.string().optional(),
  description: z.string().optional(),
  get properties() {
    return z.record(z.string(), schema).optional();
  },
  get items() {
    return schema.optional();
  },
  required: z.array(z.string()).optional(),
  enum: z.array(z.string()).optional(),
  default: z.unknown().optional(),
  format: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  maxItems: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  "x-kubernetes-int-or-string": z.boolean().optional(),
  "x-kubernetes-list-type": z.string().optional(),
  "x-kubernetes-map-type": z.string().optional(),
  "x-kubernetes-list-map-keys": z.array(z.string()).optional(),
  "x-kubernetes-validations": z.array(rule).optional(),
});

const column = z.object({
  name: z.string(),
  description: z.string(),
  jsonPath: z.string(),
  priority: z.number().default(0),
});

const crd = z
  .object({
    spec: z.object({
      group: z.string(),
      names: z.object({
        kind: z.string(),
        plural: z.string(),
        shortNames: z.array(z.string()),
        categories: z.array(z.string()),
      }),
      versions: z.tuple([
        z.object({
          name: z.string(),
          schema: z.object({ openAPIV3Schema: schema }),
          additionalPrinterColumns: z.array(column),
          selectableFields: z.array(z.object({ jsonPath: z.string() })).default([]),
        }),
      ]),
    }),
  })
  .transform(({ spec: { group, names, versions } }) => ({
    ...names,
    apiVersion: `${group}/${versions[0].name}`,
    columns: versions[0].additionalPrinterColumns,
    selectable: versions[0].selectableFields.map((field) => field.jsonPath.slice(1)),
    schema: versions[0].schema.openAPIV3Schema,
  }));

/** One kind: its names, how it is shown, and its schema. */
export type Crd = z.infer<typeof crd>;

/**
 * @param folder where the CRDs are
 * @returns the kinds in reading order
 * @throws z.ZodError naming the path, when a file uses a keyword that the generators don't know
 */
export function readCrds(folder: URL): Crd[] {
  return crdFiles.map((file) => crd.parse(parse(readFileSync(new URL(file, folder), "utf8"))));
}

/** A place in a schema. */
export interface Place {
  /** As a person writes it: okta.clientSecretRef.name; groups[] is an entry of groups. Empty at the start. */
  path: string;
  /** The last part of the path: name. */
  name: string;
  schema: Schema;
  parent: Schema | undefined;
}

/** Every part of a schema, itself first, each before what is inside it. */
export function* walk(schema: Schema, path = "", name = "", parent?: Schema): Generator<Place> {
  yield { path, name, schema, parent };
  if (schema.items) yield* walk(schema.items, `${path}[]`, name, schema);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield* walk(property, path === "" ? name : `${path}.${name}`, name, schema);
  }
}

export function isRequired(parent: Schema | undefined, name: string): boolean {
  return parent?.required?.includes(name) ?? false;
}
