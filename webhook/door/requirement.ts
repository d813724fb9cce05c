/** What a question asks of whoever is signed in. Nothing at all: any session will do. */
export interface Requirement {
  readonly kind: "requirement";
  /** "namespace/name" */
  readonly organization?: string;
  /** Every one of them has to be held. */
  readonly roles: readonly string[];
}

/** A question that isn't understood, and so not answered. */
export interface Misunderstood {
  readonly kind: "misunderstood";
  /** The parameter as it came; undefined where it is the query as a whole. */
  readonly parameter?: string;
  /** What to write instead. */
  readonly message: string;
}

const NOTHING_REQUIRED: Requirement = { kind: "requirement", roles: [] };

/** Characters of a query. More would be 60 roles of the longest names. */
const MAX_LENGTH = 4_000;

const LABEL = "[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?";
const ROLE = new RegExp(`^${LABEL}$`);
// An organization's name has at most 63 characters like a namespace's, and may have dots.
const ORGANIZATION = new RegExp(`^${LABEL}/(?=.{1,63}$)${LABEL}(?:\\.${LABEL})*$`);

const WRITE = "Write organization=NAMESPACE/NAME, and role=NAME beside it for each role that is needed";

/**
 * Reads the query of a question: `organization=namespace/name` once, and `role=name` as often as needed. Whatever isn't
 * exactly that is refused. A guard that overlooks what it doesn't know would let everybody through who is signed in,
 * wherever somebody writes `roles=` for `role=`.
 *
 * @param url a request's target
 */
export function readRequirement(url: string): Requirement | Misunderstood {
  // Routers drop what follows it, and with it a requirement.
  if (url.includes("#")) return misunderstood(undefined, `There is a # in the address. ${WRITE}.`);
  const at = url.indexOf("?");
  if (at < 0) return NOTHING_REQUIRED;
  const query = url.slice(at + 1);
  if (query === "")
    return misunderstood(undefined, `The query is empty. ${WRITE}, or leave the question mark out.`);
  if (query.length > MAX_LENGTH)
    return misunderstood(undefined, `The query is longer than ${MAX_LENGTH} characters. ${WRITE}.`);

  return ofPairs(query.split("&"));
}

function ofPairs(pairs: readonly string[]): Requirement | Misunderstood {
  let organization: string | undefined;
  const roles: string[] = [];
  for (const pair of pairs) {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name !== "organization" && name !== "role")
      return misunderstood(name, `There is no parameter of this name. ${WRITE}.`);
    const value = equals < 0 ? "" : decoded(pair.slice(equals + 1));
    if (value === undefined)
      return misunderstood(
        name,
        `The value of ${name} isn't well encoded: after % come two digits of 0 to 9, A to F.`,
      );
    if (name === "role") {
      if (!ROLE.test(value))
        return misunderstood(
          name,
          "The value of role has to be the name of a role as the organization's catalogue has it, as in " +
            "role=service-admin. For several roles, write role= several times.",
        );
      roles.push(value);
    } else if (organization !== undefined) {
      return misunderstood(
        name,
        "A session is of one organization, so that organization can be named only once.",
      );
    } else if (!ORGANIZATION.test(value)) {
      return misunderstood(
        name,
        "The value of organization has to be the namespace and the name of an Organization, as in " +
          "organization=access/acme.",
      );
    } else organization = value;
  }
  if (organization === undefined)
    return misunderstood(
      "role",
      "Each organization is free in what it calls its roles, so that a role needs organization=NAMESPACE/NAME beside it.",
    );
  return { kind: "requirement", organization, roles };
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
