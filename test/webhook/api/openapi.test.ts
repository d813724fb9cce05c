import test from "ava";
import { openAPIDocument } from "../../../webhook/api/openapi.ts";
import { USERS_PARAMETERS } from "../../../webhook/api/parameters.ts";

interface Ref {
  readonly $ref: string;
}

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: object;
}

interface Response {
  readonly headers?: Readonly<Record<string, { readonly schema: object }>>;
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface Operation {
  readonly operationId: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly responses: Readonly<Record<string, Response | Ref>>;
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly license: object };
  readonly servers: readonly { readonly url: string }[];
  readonly security: readonly object[];
  readonly paths: Readonly<
    Record<string, { readonly parameters?: readonly (Ref | Parameter)[]; readonly get: Operation }>
  >;
  readonly components: {
    readonly securitySchemes: Readonly<Record<string, object>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
    readonly responses: Readonly<Record<string, Response>>;
    readonly schemas: Readonly<Record<string, object>>;
  };
}

const document = (): Document => openAPIDocument() as Document;

/** What a reference in a document leads to. */
function found(all: Document, ref: string): unknown {
  const [start, ...names] = ref.split("/");
  return names.reduce<unknown>(
    (at, name) => (at as Record<string, unknown> | undefined)?.[name],
    start === "#" ? all : undefined,
  );
}

const ORGANIZATION = "/organizations/{namespace}/{name}";
const IN_PATH = ["path namespace!", "path name!"];
const PROBLEMS = ["400", "401", "403", "404", "405", "429", "500", "503"];
const LIMITS = ["RateLimit", "RateLimit-Policy"];

/** Each question: what it may be asked with, how it may be answered, with which shape and headers where all is well. */
const QUESTIONS: [
  id: string,
  path: string,
  parameters: string[],
  statuses: string[],
  shape: string,
  string[],
][] = [
  [
    "listUsers",
    `${ORGANIZATION}/users`,
    [...IN_PATH, ...Object.keys(USERS_PARAMETERS).map((name) => `query ${name}`), "header If-None-Match"],
    ["200", "304", ...PROBLEMS],
    "UserList",
    [...LIMITS, "ETag"],
  ],
  [
    "getUser",
    `${ORGANIZATION}/users/{id}`,
    [...IN_PATH, "path id!", "header If-None-Match"],
    ["200", "304", ...PROBLEMS],
    "User",
    [...LIMITS, "ETag"],
  ],
  [
    "explain",
    `${ORGANIZATION}/explain`,
    [...IN_PATH, "query role", "query email", "query user"],
    ["200", ...PROBLEMS],
    "Explanations",
    LIMITS,
  ],
  ["me", `${ORGANIZATION}/me`, IN_PATH, ["200", ...PROBLEMS], "Me", LIMITS],
];

test("the document has each question with what it may be asked and how it may be answered", (t) => {
  const whole = document();
  const { paths } = whole;
  t.deepEqual(Object.keys(paths), [...QUESTIONS.map(([, path]) => path), "/openapi.json"]);
  for (const [id, path, parameters, statuses, shape, headers] of QUESTIONS) {
    const item = paths[path];
    if (!item) return t.fail(path);
    const { get } = item;
    t.is(get.operationId, id);
    t.truthy(get.description, id);
    const all = [...(item.parameters ?? []), ...(get.parameters ?? [])].map((parameter) =>
      "$ref" in parameter ? (found(whole, parameter.$ref) as Parameter) : parameter,
    );
    t.deepEqual(
      all.map(({ in: where, name, required }) => `${where} ${name}${required ? "!" : ""}`),
      parameters,
      id,
    );
    for (const { name, schema } of all) t.true(Object.keys(schema).length > 0, `${id} ${name}`);
    t.deepEqual(Object.keys(get.responses), statuses, id);
    const { 200: good, 304: same } = get.responses as Record<string, Response>;
    t.deepEqual(good?.content, { "application/json": { schema: { $ref: `#/components/schemas/${shape}` } } });
    t.deepEqual(Object.keys(good?.headers ?? {}), headers, id);
    for (const { schema } of Object.values(good?.headers ?? {})) t.deepEqual(schema, { type: "string" });
    if (same) t.deepEqual(Object.keys(same.headers ?? {}), ["ETag"]);
  }
  const itself = paths["/openapi.json"]?.get;
  t.deepEqual(itself?.security, [], "anybody may read it");
  t.like(itself?.responses, { 200: { content: { "application/json": { schema: { type: "object" } } } } });
});

test("what is wrong is a Problem wherever it is told, with the headers that say what to do", (t) => {
  const headers: Record<string, string[]> = {
    401: ["WWW-Authenticate"],
    405: ["Allow"],
    429: ["Retry-After"],
    503: ["Retry-After"],
  };
  const whole = document();
  const { paths } = whole;
  for (const [id, path] of QUESTIONS)
    for (const status of PROBLEMS) {
      const ref = (paths[path]?.get.responses[status] ?? {}) as Partial<Ref>;
      const response = found(whole, ref.$ref ?? "") as Response;
      t.deepEqual(response.content, {
        "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } },
      });
      t.deepEqual(Object.keys(response.headers ?? {}), headers[status] ?? [], `${id} ${status}`);
      for (const [name, header] of Object.entries(response.headers ?? {})) {
        const required = !(name === "Retry-After" && status === "503");
        t.like(header, { required, schema: { type: "string" } }, "where asking again helps it says when");
      }
    }
});

test("a program can tell from the document where the API is and by what it is let in, and nothing in it leads nowhere", (t) => {
  const whole = document();
  const { info, servers, security, components } = whole;
  t.deepEqual(
    servers.map(({ url }) => url),
    ["/api/v1"],
  );
  t.is(info.version, "1");
  t.deepEqual(info.license, { name: "Apache-2.0", identifier: "Apache-2.0" });
  t.deepEqual(security, [{ serviceAccount: [] }, { session: [] }], "either of them");
  t.like(components.securitySchemes, {
    serviceAccount: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    session: { type: "apiKey", in: "cookie" },
  });
  let refs = 0;
  JSON.stringify(whole, (key, value) => {
    if (key !== "$ref") return value;
    refs++;
    t.true(Object.keys((found(whole, String(value)) as object | undefined) ?? {}).length > 0, value);
    return value;
  });
  t.true(refs > 40);
  for (const [name, schema] of Object.entries(components.schemas)) {
    t.truthy((schema as { description?: string }).description, name);
    t.false("$id" in schema || "$schema" in schema, name);
  }
});
