import { existsSync, readFileSync } from "node:fs";
import { Ajv2019, type ValidateFunction } from "ajv/dist/2019.js";
import addFormats from "ajv-formats";
import { parse } from "yaml";

/** One request and its answer, as they went over the wire. */
export interface Exchange {
  method: string;
  url: URL;
  requestHeaders: Record<string, string | undefined>;
  requestBody: string;
  status: number;
  headers: Record<string, string | undefined>;
  body: string;
}

type Json = Record<string, unknown>;

interface Operation {
  template: string;
  pattern: RegExp;
  literals: number;
  method: string;
  item: Json;
  definition: Json;
  document: Json;
  name: string;
}

/*
 * Where Okta's documents had to be relaxed, and why:
 *
 * - Without `required` and `additionalProperties` nearly everything would pass. So answers are held to more than the
 *   documents say: a property that isn't in the schema is a violation, and so is a writeOnly one.
 * - Properties of readOnly are allowed in requests, since Okta's own examples send them.
 * - Every Log schema may be null: Okta's own example ListLogs has nulls where the schemas have none.
 * - 401 with an Error is declared for no operation of the Management API, though every one answers it; nor is 400
 *   (E0000031) for lists with a filter.
 * - `token_type` knows Bearer and N_A alone, and the documents know nothing of DPoP tokens.
 * - /authorize and /logout answer a browser, with redirects and pages that are declared as good as nowhere: only
 *   their requests are checked.
 * - What a client proves itself with stands in a form's body, but in the documents under `security` only.
 * - JsonWebKey tells its kinds by a `kty` of "sig" and "enc", which it never is: RSA's properties are added.
 * - `discriminator` without oneOf is taken by its mapping: the mapped schema has to hold as well.
 */
const undeclared: Record<string, readonly number[]> = { management: [400, 401], oauth: [] };
const clientAuthentication = ["client_id", "client_secret", "client_assertion", "client_assertion_type"];
const browserPaths = [/\/v1\/authorize(\/|$)/, /\/v1\/logout$/];

const folder = new URL("../../../../shared/contracts/", import.meta.url);

/** Okta's OpenAPI documents, where they lie beside the repository; a user's clone doesn't have them. */
export function loadContract(): Contract | undefined {
  if (!existsSync(new URL("okta-oauth.openapi.yaml", folder))) return undefined;
  const read = (name: string): Json =>
    parse(readFileSync(new URL(`okta-${name}.openapi.yaml`, folder), "utf8"));
  return new Contract({ oauth: read("oauth"), management: read("management") });
}

export const skipMessage =
  "Not checked against Okta's OpenAPI documents: ../shared/contracts isn't there, beside the repository.";

export class Contract {
  readonly #operations: Operation[];
  readonly #ajv = new Ajv2019({ strict: false, allErrors: true, logger: false });
  readonly #coercing = new Ajv2019({ strict: false, coerceTypes: true, logger: false });
  readonly #documents: Record<string, Json>;
  readonly #validators = new Map<string, ValidateFunction>();

  constructor(documents: Record<string, Json>) {
    this.#documents = documents;
    for (const ajv of [this.#ajv, this.#coercing]) addFormats.default(ajv);
    for (const [name, document] of Object.entries(documents))
      for (const direction of ["request", "response"] as const)
        this.#ajv.addSchema({
          $id: `${name}-${direction}`,
          components: { schemas: convertAll(document, direction, `${name}-${direction}`) },
        });
    this.#operations = Object.entries(documents).flatMap(([name, document]) => operationsOf(name, document));
  }

  /** What is wrong with the exchange; nothing: it holds. */
  violations(exchange: Exchange): string[] {
    const operation = this.#operations.find(
      ({ method, pattern }) =>
        method === exchange.method.toLowerCase() && pattern.test(exchange.url.pathname),
    );
    const at = `${exchange.method} ${exchange.url.pathname} -> ${exchange.status}`;
    if (!operation) {
      const isOkta = /^\/(?:api|oauth2|\.well-known)\//.test(exchange.url.pathname) && exchange.status < 400;
      const isResume = /\/v1\/authorize\/./.test(exchange.url.pathname);
      return isOkta && !isResume ? [`${at}: Okta has no such operation`] : [];
    }
    return [
      // What was refused may well have been wrong.
      ...(exchange.status < 400 ? this.#queryViolations(exchange, operation) : []),
      ...(exchange.status < 400 ? this.#bodyViolations(exchange, operation) : []),
      ...this.#answerViolations(exchange, operation),
    ].map((violation) => `${at}: ${violation}`);
  }

  #queryViolations({ url }: Exchange, operation: Operation): string[] {
    const declared = [...list(operation.item.parameters), ...list(operation.definition.parameters)]
      .map((parameter) => this.#resolve(operation, parameter))
      .filter((parameter) => parameter.in === "query");
    const violations: string[] = [];
    for (const [name, value] of url.searchParams) {
      const parameter = declared.find((candidate) => candidate.name === name);
      if (!parameter) violations.push(`query parameter ${name} isn't declared`);
      else {
        const schema = inline(operation.document, object(parameter.schema));
        if (!this.#coercing.validate(schema, value))
          violations.push(`query parameter ${name}: ${this.#coercing.errorsText()}`);
      }
    }
    for (const { name, required } of declared)
      if (required === true && !url.searchParams.has(String(name)))
        violations.push(`query parameter ${name} is missing`);
    return violations;
  }

  #bodyViolations(exchange: Exchange, operation: Operation): string[] {
    if (operation.definition.requestBody === undefined) return [];
    const requestBody = this.#resolve(operation, operation.definition.requestBody);
    const type = (exchange.requestHeaders["content-type"] ?? "").split(";")[0] ?? "";
    const media = object(requestBody.content)[type];
    if (media === undefined) return [`request body of type ${type || "none"} isn't declared`];
    const body: unknown = type.includes("json")
      ? JSON.parse(exchange.requestBody)
      : Object.fromEntries(
          [...new URLSearchParams(exchange.requestBody)].filter(
            ([name]) => !clientAuthentication.includes(name),
          ),
        );
    return this.#schemaViolations(operation, object(media).schema, body, "request", "request body");
  }

  #answerViolations(exchange: Exchange, operation: Operation): string[] {
    if (browserPaths.some((path) => path.test(exchange.url.pathname))) return [];
    const declared = object(operation.definition.responses)[String(exchange.status)];
    if (declared === undefined) {
      if (!undeclared[operation.name]?.includes(exchange.status)) return ["this status isn't declared"];
      return this.#schemaViolations(
        operation,
        { $ref: "#/components/schemas/Error" },
        json(exchange.body),
        "response",
        "body",
      );
    }
    const { content } = this.#resolve(operation, declared);
    const media = object(content)["application/json"];
    if (media === undefined)
      return exchange.body === "" ? [] : content ? [`a body isn't declared: ${exchange.body}`] : [];
    return this.#schemaViolations(operation, object(media).schema, json(exchange.body), "response", "body");
  }

  #schemaViolations(
    operation: Operation,
    schema: unknown,
    value: unknown,
    direction: Direction,
    what: string,
  ): string[] {
    const key = `${operation.name} ${direction} ${JSON.stringify(schema)}`;
    const validate =
      this.#validators.get(key) ??
      this.#ajv.compile(convert(object(schema), direction, `${operation.name}-${direction}`, true));
    this.#validators.set(key, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(
      ({ instancePath, message, params }) => `${what}${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  #resolve(operation: Operation, value: unknown): Json {
    return resolve(this.#documents[operation.name] ?? {}, object(value));
  }
}

function operationsOf(name: string, document: Json): Operation[] {
  return Object.entries(object(document.paths))
    .flatMap(([template, item]) =>
      Object.entries(object(item))
        .filter(([method]) => ["get", "post", "put", "delete", "options", "patch"].includes(method))
        .map(([method, definition]) => ({
          template,
          pattern: new RegExp(`^${template.replace(/[.]/g, "\\.").replace(/\{[^}]+\}/g, "[^/]+")}$`),
          literals: template.split("/").filter((part) => !part.startsWith("{")).length,
          method,
          item: object(item),
          definition: object(definition),
          document,
          name,
        })),
    )
    .sort((a, b) => b.literals - a.literals);
}

type Direction = "request" | "response";

function convertAll(document: Json, direction: Direction, id: string): Json {
  const schemas = object(object(document.components).schemas);
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const converted = convert(object(schema), direction, id, false);
      if (name === "JsonWebKey") return [name, withRsa(converted)];
      if (name === "TokenResponseTokenType")
        return [name, { type: "string", enum: ["Bearer", "DPoP", "N_A"] }];
      return [name, name.startsWith("Log") ? nullableWithin(converted) : converted];
    }),
  );
}

/** An OpenAPI 3.0 schema as JSON Schema 2019-09. `closed`: no properties but those that it knows. */
function convert(schema: Json, direction: Direction, id: string, closed: boolean): Json {
  const { nullable, discriminator, example: _, readOnly: __, writeOnly: ___, ...rest } = schema;
  const converted: Json = {};
  for (const [key, value] of Object.entries(rest)) {
    if (key.startsWith("x-") || key === "examples") continue;
    if (key === "$ref") converted.$ref = `${id}${value}`;
    else if (key === "properties")
      converted.properties = Object.fromEntries(
        Object.entries(object(value))
          .filter(([, property]) => direction === "request" || object(property).writeOnly !== true)
          .map(([name, property]) => [
            name,
            convert(object(property), direction, id, direction === "response"),
          ]),
      );
    else if (key === "allOf" || key === "anyOf" || key === "oneOf")
      converted[key] = list(value).map((member) => convert(object(member), direction, id, false));
    else if ((key === "items" || key === "additionalProperties") && typeof value === "object")
      converted[key] = convert(object(value), direction, id, direction === "response");
    else converted[key] = value;
  }
  if (discriminator !== undefined) addMapping(converted, object(discriminator), id);
  const isClosable = ["$ref", "properties", "allOf"].some((key) => key in converted);
  if (closed && isClosable) converted.unevaluatedProperties = false;
  return nullable === true ? { anyOf: [converted, { type: "null" }] } : converted;
}

/** The schema that a discriminator names has to hold as well. Names that aren't mapped say nothing. */
function addMapping(converted: Json, { propertyName, mapping }: Json, id: string): void {
  if ("oneOf" in converted || "anyOf" in converted) return;
  converted.allOf = [
    ...list(converted.allOf),
    ...Object.entries(object(mapping)).map(([value, $ref]) => ({
      if: { properties: { [String(propertyName)]: { const: value } }, required: [propertyName] },
      // biome-ignore lint/suspicious/noThenProperty: the JSON Schema keyword
      then: { $ref: `${id}${$ref}` },
    })),
  ];
}

function withRsa(schema: Json): Json {
  return {
    ...schema,
    properties: { ...object(schema.properties), e: { type: "string" }, n: { type: "string" } },
  };
}

function nullableWithin(schema: Json): Json {
  const properties = Object.entries(object(schema.properties)).map(([name, property]) => [
    name,
    { anyOf: [property, { type: "null" }] },
  ]);
  return properties.length > 0 ? { ...schema, properties: Object.fromEntries(properties) } : schema;
}

/** Parameters' schemas refer to little: they are written out instead. */
function inline(document: Json, schema: Json): Json {
  const { format: _, default: __, example: ___, ...plain } = resolve(document, schema);
  return plain;
}

function resolve(document: Json, value: Json): Json {
  if (typeof value.$ref !== "string") return value;
  let found: unknown = document;
  for (const key of value.$ref.slice(2).split("/")) found = object(found)[key];
  return resolve(document, object(found));
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function json(body: string): unknown {
  return body === "" ? undefined : JSON.parse(body);
}
