import { readFile } from "node:fs/promises";
import { parse } from "yaml";
import { z } from "zod";
import { groupTypes, userStatuses } from "./directory/entities.ts";
import { eventHookSeed } from "./event-hooks/event-hook.ts";

const groupsFilter = z
  .strictObject({
    type: z.enum(["STARTS_WITH", "EQUALS", "CONTAINS", "REGEX"]),
    value: z.string(),
  })
  .refine(({ type, value }) => type !== "REGEX" || isRegex(value), "The value must be a regular expression.");

const groupsClaim = z.strictObject({
  name: z.string().min(1).default("groups"),
  filter: groupsFilter.default({ type: "REGEX", value: ".*" }),
  /** What becomes of the claim when the filter leaves nothing; default: the setting of the whole stand-in. */
  whenEmpty: z.enum(["omit", "empty"]).optional(),
  /** Custom servers only: Okta's "Include in token type: ID Token, Always | Userinfo / id_token request". */
  inIdToken: z.enum(["always", "userinfo"]).default("always"),
  /** Custom servers only: the claim is there only when one of these was asked for; none: always. */
  scopes: z.array(z.string()).default([]),
});

const userSeed = z.strictObject({
  id: z.string().optional(),
  login: z.string().min(1),
  email: z.string().optional(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  displayName: z.string().optional(),
  password: z.string().optional(),
  status: z.enum(userStatuses).optional(),
  emailVerified: z.boolean().optional(),
  /** Names or ids. Everybody is in Everyone without saying so. */
  groups: z.array(z.string()).optional(),
  profile: z.record(z.string(), z.unknown()).optional(),
});

const groupSeed = z.union([
  z.string().min(1),
  z.strictObject({
    id: z.string().optional(),
    name: z.string().min(1),
    description: z.string().optional(),
    type: z.enum(groupTypes).optional(),
  }),
]);

export const managementScopes = [
  "okta.groups.read",
  "okta.groups.manage",
  "okta.users.read",
  "okta.users.manage",
  "okta.logs.read",
  "okta.eventHooks.read",
  "okta.eventHooks.manage",
] as const;

export const appSeed = z.strictObject({
  clientId: z.string().min(1),
  label: z.string().optional(),
  /** `web` signs people in by the code flow; `service` gets tokens for the Management API for itself. */
  type: z.enum(["web", "service"]).default("web"),
  /** With a secret: client_secret_basic or client_secret_post. */
  clientSecret: z.string().optional(),
  /** With public keys (JWK, or PEM text): private_key_jwt. With neither secret nor keys: a public client. */
  publicKeys: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).default([]),
  redirectUris: z.array(z.string()).default([]),
  postLogoutRedirectUris: z.array(z.string()).default([]),
  /** The groups claim filter on the app's Sign On tab. It works at the org authorization server only. */
  groupsClaim: groupsClaim.optional(),
  /** Instead of the claim of a custom server, for this app; null: no claim for this app. */
  customClaims: z.record(z.string(), groupsClaim.nullable()).default({}),
  /** Whether the ID token holds all claims, or but a few, so that the others are at userinfo only. */
  idToken: z.enum(["fat", "thin"]).default("fat"),
  /** Who may use the app; undefined: everybody. */
  assignedGroups: z.array(z.string()).optional(),
  requirePkce: z.boolean().default(false),
  requireDpop: z.boolean().default(false),
  /** Service apps: the scopes that an admin has granted, and whether the app has an admin role to use them. */
  grantedScopes: z.array(z.enum(managementScopes)).default([...managementScopes]),
  adminRole: z.boolean().default(true),
});

const authorizationServer = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9]+$/)
    .refine((id) => id !== "v1", "v1 is the path of the org server"),
  /** The apps that its access policies let in; default: all. */
  allowedApps: z.array(z.string()).optional(),
  /** Scopes beyond OIDC's own. Asking for one that isn't here is an error, also for `groups`. */
  scopes: z.array(z.string()).default(["groups"]),
  groupsClaim: groupsClaim.nullable().default({
    name: "groups",
    filter: { type: "REGEX", value: ".*" },
    inIdToken: "always",
    scopes: [],
  }),
});

export const organizationSeed = z.strictObject({
  organization: z.string().default("Acme"),
  users: z.array(userSeed).default([]),
  groups: z.array(groupSeed).default([]),
  apps: z.array(appSeed).default([]),
  /** The custom authorization servers, at /oauth2/<id>. */
  authorizationServers: z.array(authorizationServer).default([authorizationServer.parse({ id: "default" })]),
  /** They are told nothing until they are verified. */
  eventHooks: z.array(eventHookSeed).default([]),
  /**
   * How event hooks are called: how long an answer is waited for, how many events a request holds at most, and how many
   * requests go to one hook at a time. One at a time comes in order, which Okta doesn't promise.
   */
  eventDelivery: z
    .strictObject({
      timeoutMs: z.int().positive().default(3000),
      batch: z.int().positive().default(100),
      atOnce: z.int().positive().default(1),
    })
    .prefault({}),
  /** Tokens for `Authorization: SSWS`. */
  apiTokens: z.array(z.string().min(1)).default([]),
  /** What becomes of a groups claim that would be empty: left out, or sent as []. Okta documents neither. */
  emptyGroupsClaim: z.enum(["omit", "empty"]).default("omit"),
  /** What becomes of more than 100 groups: the first 100, an error, or all of them. Okta's pages disagree. */
  manyGroups: z.enum(["truncate", "fail", "all"]).default("truncate"),
  /** Whether authorization answers carry `iss` (RFC 9207). Okta sends none. */
  issuerParameter: z.boolean().default(false),
  /** How long ago everything in here came to be, as times and the system log tell it. */
  seededAgoMs: z.int().nonnegative().default(0),
  /**
   * For how long the Management API goes on showing users, groups and members as they were before a change. Okta's
   * trails by seconds; the system log, event hooks and tokens don't. What is changed while this is 0 is seen at once.
   */
  readLagMs: z.int().nonnegative().default(0),
  /** Ids of groups that the Management API doesn't show, as where an admin role is limited to other ones. */
  hiddenGroups: z.array(z.string()).default([]),
  /**
   * Requests a minute, by what Okta counts together (Okta: "Management rate limits"): the groups with all that is below
   * one, one group, the users, one user read, and what isn't in that list. Okta's own numbers are far smaller.
   */
  rateLimits: z
    .strictObject({
      groups: z.int().positive().default(100_000),
      group: z.int().positive().default(100_000),
      users: z.int().positive().default(100_000),
      user: z.int().positive().default(100_000),
      logs: z.int().positive().default(100_000),
      other: z.int().positive().default(100_000),
      oauth: z.int().positive().default(1_000_000),
    })
    .prefault({}),
});

export type GroupsFilter = z.output<typeof groupsFilter>;
export type GroupsClaim = z.output<typeof groupsClaim>;
export type UserSeed = z.input<typeof userSeed>;
export type GroupSeed = z.input<typeof groupSeed>;
export type AppSeed = z.input<typeof appSeed>;
export type App = z.output<typeof appSeed>;
export type AuthorizationServerSettings = z.output<typeof authorizationServer>;
/** What a stand-in begins with; everything may be left out. */
export type OrganizationSeed = z.input<typeof organizationSeed>;
export type Organization = z.output<typeof organizationSeed>;

function isRegex(value: string): boolean {
  try {
    return Boolean(new RegExp(value, "u"));
  } catch {
    return false;
  }
}

/** The seed isn't valid: `message` says what and where. */
export class SeedError extends Error {
  readonly code = "seed-invalid";

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "SeedError";
  }
}

/** @throws SeedError when something in it isn't known or has the wrong form */
export function parseSeed<Schema extends z.ZodType>(schema: Schema, seed: unknown): z.output<Schema> {
  const result = schema.safeParse(seed);
  if (!result.success)
    throw new SeedError(`This isn't a valid seed. Put right:\n${z.prettifyError(result.error)}`, {
      cause: result.error,
    });
  return result.data;
}

/**
 * Reads a seed from a YAML file such as acme.yaml.
 * @throws SeedError when it can't be read or isn't valid
 */
export async function readSeed(file: string): Promise<Organization> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new SeedError(`The seed ${file} can't be read. Name a YAML file such as dev/okta/acme.yaml.`, {
      cause,
    });
  });
  try {
    return parseSeed(organizationSeed, parse(text) ?? {});
  } catch (cause) {
    if (cause instanceof SeedError) throw new SeedError(`${file}: ${cause.message}`, { cause });
    throw new SeedError(`${file} isn't YAML.`, { cause });
  }
}
