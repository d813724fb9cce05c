import { z } from "zod";
import { EXPLAIN_PARAMETERS, type Parameter, USERS_PARAMETERS } from "./parameters.ts";
import { shapes } from "./shapes.ts";

const ORGANIZATION = "/organizations/{namespace}/{name}";

const ref = (kind: string, name: string) => ({ $ref: `#/components/${kind}/${name}` });

const inPath = (name: string, description: string) => ({
  name,
  in: "path",
  required: true,
  description,
  schema: { type: "string" },
});

const inQuery = (parameters: Readonly<Record<string, Parameter>>) =>
  Object.entries(parameters).map(([name, { description, schema }]) => ({
    name,
    in: "query",
    description,
    schema,
  }));

const ETAG = { ETag: { description: "Of this answer.", required: true, schema: { type: "string" } } };
const LIMITS = {
  RateLimit: {
    description: "What is left of it (draft-ietf-httpapi-ratelimit-headers).",
    schema: { type: "string" },
  },
  "RateLimit-Policy": { description: "How many requests in how many seconds.", schema: { type: "string" } },
};

interface Operation {
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  /** The shape of a 200. */
  readonly answer: string;
  readonly says: string;
  readonly parameters?: readonly object[];
  /** It answers If-None-Match by 304. */
  readonly hasETag?: true;
}

function operation({ id, summary, description, answer, says, parameters = [], hasETag }: Operation): object {
  const ifNoneMatch = {
    name: "If-None-Match",
    in: "header",
    description: "ETags of earlier answers: where nothing has changed since, the answer is 304.",
    schema: { type: "string" },
  };
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    parameters: [...parameters, ...(hasETag ? [ifNoneMatch] : [])],
    responses: {
      200: {
        description: says,
        headers: { ...LIMITS, ...(hasETag ? ETAG : {}) },
        content: { "application/json": { schema: ref("schemas", answer) } },
      },
      ...(hasETag ? { 304: { description: "As it was.", headers: ETAG } } : {}),
      400: ref("responses", "Misunderstood"),
      401: ref("responses", "Unknown"),
      403: ref("responses", "NotAllowed"),
      404: ref("responses", "NotThere"),
      405: ref("responses", "MethodNotAllowed"),
      429: ref("responses", "TooMany"),
      500: ref("responses", "Failed"),
      503: ref("responses", "CannotSay"),
    },
  };
}

const failure = (description: string, headers: Readonly<Record<string, object>> = {}) => ({
  description,
  headers,
  content: { "application/problem+json": { schema: ref("schemas", "Problem") } },
});

const header = (description: string) => ({ description, required: true, schema: { type: "string" } });

const RETRY_AFTER = header("After how many seconds to ask again.");

/** The API for programs as an OpenAPI document (https://spec.openapis.org/oas/v3.1.1). */
export function openAPIDocument(): object {
  return {
    openapi: "3.1.1",
    info: {
      title: "okta-role-operator: users and their roles",
      version: "1",
      description:
        "Who is registered at an organization, which roles they hold, and why. It is for reading: what people hold is " +
        "changed in Okta, and by OktaRoleMappings. Fields may be added to answers; those that are there stay as they are.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/api/v1", description: "Of the login webhook." }],
    security: [{ serviceAccount: [] }, { session: [] }],
    paths: {
      [`${ORGANIZATION}/users`]: {
        parameters: [ref("parameters", "namespace"), ref("parameters", "name")],
        get: operation({
          id: "listUsers",
          summary: "The users of an organization",
          description:
            "For service accounts that may list organizationusers.rolemapping.dev in the namespace, and for administrators.",
          answer: "UserList",
          says: "One page of them.",
          parameters: inQuery(USERS_PARAMETERS),
          hasETag: true,
        }),
      },
      [`${ORGANIZATION}/users/{id}`]: {
        parameters: [
          ref("parameters", "namespace"),
          ref("parameters", "name"),
          inPath("id", "The account: its name in Kubernetes."),
        ],
        get: operation({
          id: "getUser",
          summary: "One user",
          description:
            "For service accounts that may get this organizationusers.rolemapping.dev, and for administrators.",
          answer: "User",
          says: "The user.",
          hasETag: true,
        }),
      },
      [`${ORGANIZATION}/explain`]: {
        parameters: [ref("parameters", "namespace"), ref("parameters", "name")],
        get: operation({
          id: "explain",
          summary: "Why somebody has a role, or what is missing",
          description:
            "For administrators, and for service accounts: with `email` those that may list, with `user` those that may get this " +
            "organizationusers.rolemapping.dev. Anybody else who is signed in is told of themselves, without groups that would do.",
          answer: "Explanations",
          says: "One explanation for each account.",
          parameters: inQuery(EXPLAIN_PARAMETERS),
        }),
      },
      [`${ORGANIZATION}/me`]: {
        parameters: [ref("parameters", "namespace"), ref("parameters", "name")],
        get: operation({
          id: "me",
          summary: "Who asks",
          description:
            "For anybody who is signed in at the organization, and for service accounts that may list.",
          answer: "Me",
          says: "Who it is, and what they may read.",
        }),
      },
      "/openapi.json": {
        get: {
          operationId: "openapi",
          summary: "This document",
          security: [],
          responses: {
            200: { description: "It.", content: { "application/json": { schema: { type: "object" } } } },
          },
        },
      },
    },
    components: {
      securitySchemes: {
        serviceAccount: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description:
            "A Kubernetes service account's token whose audience is the login webhook's base URL with /api/v1 behind it. What the " +
            "account may read here is what it may read in Kubernetes.",
        },
        session: {
          type: "apiKey",
          in: "cookie",
          name: "__Host-okta-role-session",
          description:
            "The session of somebody who is signed in at the organization; each organization's cookie has a name of its own, which " +
            "begins like this. It counts where there is no Authorization header.",
        },
      },
      parameters: {
        namespace: inPath("namespace", "The namespace of the Organization."),
        name: inPath("name", "The name of the Organization."),
      },
      responses: {
        Misunderstood: failure("A parameter isn't understood: `parameter` says which."),
        Unknown: failure("Nobody can say who asks.", {
          "WWW-Authenticate": header("Bearer, and what is wrong with a token."),
        }),
        NotAllowed: failure(
          "It isn't theirs to read. Of organizations that are nothing to whoever asks, the same, whether there are any or not.",
        ),
        NotThere: failure("There is no such organization or user, or its namespace isn't watched."),
        MethodNotAllowed: failure("This is for reading.", { Allow: header("GET, HEAD") }),
        TooMany: failure(
          "Too many requests of the same account or person, or too many tokens of one address that nobody knows.",
          {
            "Retry-After": RETRY_AFTER,
          },
        ),
        Failed: failure("A mistake of this service: `requestID` finds it in its log."),
        CannotSay: failure(
          "It can't be said now, which isn't the same as that there is nothing. Without `Retry-After`: not until somebody has mended it.",
          { "Retry-After": { ...RETRY_AFTER, required: false } },
        ),
      },
      schemas: schemas(),
    },
  };
}

function schemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(shapes, { io: "input", uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema]),
  );
}
