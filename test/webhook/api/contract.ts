import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { openAPIDocument } from "../../../webhook/api/openapi.ts";

interface ResponseObject {
  readonly headers?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Document {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly responses: Readonly<Record<string, ResponseObject | Ref>> } }>
  >;
  readonly components: {
    readonly responses: Readonly<Record<string, ResponseObject>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

interface Ref {
  readonly $ref: string;
}

export interface ToCheck {
  readonly method: string;
  /** Without what is in front of the API. */
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Answers of the API, held against its document: nothing that isn't in it, and everything that it promises. */
export class Contract {
  readonly #document = openAPIDocument() as Document;
  readonly #ajv = new Ajv2020({ strict: true, strictRequired: false, allErrors: true });
  readonly #validators = new Map<object, ValidateFunction>();

  constructor() {
    addFormats.default(this.#ajv);
    this.#ajv.addVocabulary(["components"]);
    this.#ajv.addSchema({
      $id: "document",
      components: { schemas: closed(this.#document.components.schemas) },
    });
  }

  /** @throws Error saying how an answer is not as the document has it */
  check({ method, path, status, headers, body }: ToCheck): void {
    const where = `${method} ${path}: ${status}`;
    const response = this.#response(path, status);
    if (!response) throw new Error(`${where} isn't in the document`);
    for (const [name, { required }] of Object.entries(response.headers ?? {}))
      if (headers[name.toLowerCase()] === undefined && required)
        throw new Error(`${where} has no header ${name}`);
    const [type] = String(headers["content-type"] ?? "").split(";");
    if (method === "HEAD" || status === 304) return;
    const schema = response.content?.[type ?? ""]?.schema;
    if (!schema) throw new Error(`${where} is ${type}, which isn't in the document`);
    const valid = this.#validator(schema);
    if (!valid(JSON.parse(body))) throw new Error(`${where}: ${JSON.stringify(valid.errors)}\n${body}`);
  }

  #response(path: string, status: number): ResponseObject | undefined {
    const item = Object.entries(this.#document.paths).find(([template]) => matches(template, path))?.[1];
    const { responses } = this.#document.components;
    // Of an address that isn't in it, the document says what an address is told that there isn't.
    if (!item) return status === 404 ? responses.NotThere : undefined;
    const found = item.get?.responses[status] ?? (status === 405 ? responses.MethodNotAllowed : undefined);
    if (!found || !("$ref" in found)) return found;
    return responses[found.$ref.split("/").at(-1) ?? ""];
  }

  #validator(schema: object): ValidateFunction {
    let validator = this.#validators.get(schema);
    if (!validator) {
      validator = this.#ajv.compile(closed(schema));
      this.#validators.set(schema, validator);
    }
    return validator;
  }
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+").replaceAll(".", "\\.")}$`).test(
    path.split("?")[0] ?? "",
  );
}

/** The same without room for what isn't named, and with references that are found. */
function closed(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === "$ref") return `document${value}`;
    const isShape =
      value !== null && typeof value === "object" && value.type === "object" && "properties" in value;
    return isShape ? { ...value, additionalProperties: false } : value;
  });
}
