/** What a question asks of whoever is signed in. Nothing at all: any session will do. */
export interface Requirement {
  readonly kind: "requirement";
  /** "namespace/name" */
  readonly organization?: string;
  /** Every one of them has to be held. */
  readonly roles: readonly string[];
  /** One of them has to be held, if there are any. */
  readonly anyRoles: readonly string[];
}

/** A question of a proxy, about a request of somebody else's. */
export interface Question extends Requirement {
  readonly organization: string;
  /** The host whose request it is, as in app.example.com, where the question names it. */
  readonly host?: string;
  /** Whether a person who isn't signed in is to be sent to the sign-in. */
  readonly redirects: boolean;
  /** The request's own target, where the proxy puts its question in front of that. */
  readonly target?: string;
}

/** A question that isn't understood, and so not answered. */
export interface Misunderstood {
  readonly kind: "misunderstood";
  /** The parameter as it came; undefined where it is the query as a whole. */
  readonly parameter?: string;
  /** What to write instead. */
  readonly message: string;
}

const NOTHING_REQUIRED: Requirement = { kind: "requirement", roles: [], anyRoles: [] };

/** Characters of a query. More would be 60 roles of the longest names. */
const MAX_LENGTH = 4_000;

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const ROLE = new RegExp(`^${LABEL}$`);
// An organization's name has at most 63 characters like a namespace's, and may have dots.
const ORGANIZATION = new RegExp(`^${LABEL}/(?=.{1,63}$)${LABEL}(?:\\.${LABEL})*$`);
const HOST = new RegExp(`^(?=.{1,253}(?::|$))${LABEL}(?:\\.${LABEL})*(?::[0-9]{1,5})?$`);

const WRITE =
  "Write organization=NAMESPACE/NAME, and role=NAME beside it for each role that is needed, or anyRole=NAME for each " +
  "of which one is enough";

/**
 * Reads the query of a question: `organization=namespace/name` once, and `role=name` or `anyRole=name` as often as
 * needed. Whatever isn't exactly that is refused. A guard that overlooks what it doesn't know would let everybody
 * through who is signed in, wherever somebody writes `roles=` for `role=`.
 *
 * @param url a request's target
 */
export function readRequirement(url: string): Requirement | Misunderstood {
  // Routers drop what follows it, and with it a requirement.
  if (url.includes("#")) return misunderstood(undefined, `There is a # in the address. ${WRITE}.`);
  const at = url.indexOf("?");
  if (at < 0) return NOTHING_REQUIRED;
  return read(url.slice(at + 1), REQUIRING) ?? NOTHING_REQUIRED;
}

/** Where proxies ask. */
const DOOR = "/auth";
/** Between a question and the target of the request that it is about. */
const BETWEEN = "/-/";

/** Whether a request's target is that of a proxy's question: in this spelling alone, and as a path. */
export function isQuestion(url: string): boolean {
  return url.startsWith(DOOR) && (url.length === DOOR.length || url[5] === "?" || url[5] === "/");
}

/**
 * Reads a question of a proxy, in one of two forms:
 *
 * - `/auth?organization=namespace/name&role=name`, where a proxy can be told what to ask;
 * - `/auth/organization=namespace/name&role=name/-/the/request?its=query`, where it can only be told what to put in front
 *   of the request's own target. The first `/-/` is the one that counts: what a client sends comes behind it.
 *
 * `signin=redirect` and `host=app.example.com` may stand beside what is required.
 *
 * @param url a request's target, for which `isQuestion` holds
 */
export function readQuestion(url: string): Question | Misunderstood {
  const rest = url.slice(DOOR.length + 1);
  if (rest === "") return unnamed();
  if (!url.startsWith(`${DOOR}/`)) {
    if (rest.includes("#")) return misunderstood(undefined, `There is a # in the address. ${WRITE}.`);
    return asked(read(rest, ASKING));
  }
  const end = rest.indexOf(BETWEEN);
  if (end < 0)
    return misunderstood(
      undefined,
      `Between the question and the path of the request has to be /-, as in ${DOOR}/organization=access/acme/-/reports.`,
    );
  const question = asked(read(rest.slice(0, end), ASKING));
  if (question.kind === "misunderstood") return question;
  return { ...question, target: rest.slice(end + BETWEEN.length - 1) };
}

/** Which organization has to be said: a session of any is for programs to ask about. */
function asked(read: Read | Misunderstood): Question | Misunderstood {
  if (read.kind === "misunderstood") return read;
  const { organization, redirects = false, ...rest } = read;
  return organization === undefined ? unnamed() : { ...rest, organization, redirects };
}

function unnamed(): Misunderstood {
  return misunderstood("organization", `Whoever guards has to say of which organization. ${WRITE}.`);
}

interface Read extends Requirement {
  host?: string;
  redirects?: boolean;
}

interface Reading {
  organization?: string;
  roles: string[];
  anyRoles: string[];
  host?: string;
  redirects?: boolean;
}

/** Takes a parameter's value. @returns what to write instead, where it can't be that */
type Parameter = (value: string, so: Reading) => string | undefined;

const REQUIRING: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  ["organization", readOrganization],
  ["role", (value, { roles }) => readRole("role", value, roles)],
  ["anyRole", (value, { anyRoles }) => readRole("anyRole", value, anyRoles)],
]);

const ASKING: ReadonlyMap<string, Parameter> = new Map<string, Parameter>([
  ...REQUIRING,
  ["host", readHost],
  ["signin", readSignIn],
]);

function readOrganization(value: string, so: Reading): string | undefined {
  if (so.organization !== undefined)
    return "A session is of one organization, so that organization can be named only once.";
  if (!ORGANIZATION.test(value))
    return (
      "The value of organization has to be the namespace and the name of an Organization, as in " +
      "organization=access/acme."
    );
  so.organization = value;
  return undefined;
}

function readRole(name: string, value: string, roles: string[]): string | undefined {
  if (!ROLE.test(value))
    return (
      `The value of ${name} has to be the name of a role as the organization's catalogue has it, as in ` +
      `${name}=service-admin. For several roles, write ${name}= several times.`
    );
  roles.push(value);
  return undefined;
}

function readHost(value: string, so: Reading): string | undefined {
  if (so.host !== undefined) return "A request is of one host, so that host can be named only once.";
  if (!HOST.test(value))
    return "The value of host has to be the application's, in small letters, as in host=app.example.com.";
  so.host = value;
  return undefined;
}

function readSignIn(value: string, so: Reading): string | undefined {
  if (so.redirects !== undefined || value !== "redirect")
    return "Write signin=redirect, once, or leave it out: then nobody is sent to the sign-in.";
  so.redirects = true;
  return undefined;
}

function read(query: string, parameters: ReadonlyMap<string, Parameter>): Read | Misunderstood {
  if (query === "")
    return misunderstood(undefined, `The query is empty. ${WRITE}, or leave the question mark out.`);
  if (query.length > MAX_LENGTH)
    return misunderstood(undefined, `The query is longer than ${MAX_LENGTH} characters. ${WRITE}.`);
  const so: Reading = { roles: [], anyRoles: [] };
  for (const pair of query.split("&")) {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const parameter = parameters.get(name);
    if (!parameter) return misunderstood(name, `There is no parameter of this name. ${WRITE}.`);
    const value = equals < 0 ? "" : decoded(pair.slice(equals + 1));
    if (value === undefined)
      return misunderstood(
        name,
        `The value of ${name} isn't well encoded: after % come two digits of 0 to 9, A to F.`,
      );
    const wrong = parameter(value, so);
    if (wrong !== undefined) return misunderstood(name, wrong);
  }
  const [needed] = [...so.roles.map(() => "role"), ...so.anyRoles.map(() => "anyRole")];
  if (so.organization === undefined && needed !== undefined)
    return misunderstood(
      needed,
      "Each organization is free in what it calls its roles, so that a role needs organization=NAMESPACE/NAME beside it.",
    );
  return { kind: "requirement", ...so };
}

/** Percent-decoded, once. `+` is no space: names have none. Undefined where an escape is malformed. */
function decoded(value: string): string | undefined {
  if (!value.includes("%")) return value;
  try {
    return decodeURIComponent(value);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

function misunderstood(parameter: string | undefined, message: string): Misunderstood {
  return { kind: "misunderstood", message, ...(parameter === undefined ? {} : { parameter }) };
}
