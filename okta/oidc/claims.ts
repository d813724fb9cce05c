import type { GroupsClaim } from "../../identity/groups-verdict.ts";
import type { Identity } from "../../identity/identity.ts";
import { displayName, emailAddress } from "../person-attributes.ts";

/** Which claims to read (Organization `spec.okta.claims`). Each is the literal name of a claim. */
export interface ClaimNames {
  readonly groups: string;
  readonly email: string;
  readonly name: string;
}

/** What an ID token or userinfo says, as JSON. */
export type Claims = Readonly<Record<string, unknown>>;

/** A person as the claims describe them, without their groups: those are judged first. */
export type Person = Pick<Identity, "issuer" | "subject" | "email" | "emailVerified" | "name">;

/** Most groups that are taken from a claim: as many as an OrganizationUser holds. */
const MAX_GROUPS = 5_000;
/** Longest name of a group, in characters. */
const MAX_NAME_LENGTH = 1_024;

/**
 * Reads the groups claim. Names come as they are: nothing is trimmed or folded, duplicates are left out.
 * A claim that isn't a list of strings is invalid as a whole: part of a list is no list.
 */
export function readGroupsClaim(claims: Claims, claimName: string): GroupsClaim {
  const claim = own(claims, claimName);
  // null is what some providers send for a claim without a value: it says as much as leaving it out.
  if (claim === undefined || claim === null) return { kind: "missing" };
  if (!Array.isArray(claim))
    return invalid(claimName, `is ${describe(claim)} and has to be a list of group names`);
  if (claim.length > MAX_GROUPS)
    return invalid(claimName, `holds ${claim.length} groups; at most ${MAX_GROUPS} are read`);
  const names = new Set<string>();
  for (const name of claim) {
    if (typeof name !== "string")
      return invalid(claimName, `holds ${describe(name)} where a group's name has to be`);
    if (name === "") return invalid(claimName, "holds an empty name");
    if (name.length > MAX_NAME_LENGTH)
      return invalid(
        claimName,
        `holds a name of ${name.length} characters; at most ${MAX_NAME_LENGTH} are read`,
      );
    names.add(name);
  }
  return { kind: "groups", names: [...names] };
}

/**
 * Reads who a person is. `claims` have been verified: `iss` and `sub` are strings. Attributes that aren't
 * usable text are left out, since they decide nothing.
 */
export function readPerson(claims: Claims & { iss: string; sub: string }, names: ClaimNames): Person {
  const email = emailAddress(own(claims, names.email));
  const name = displayName(own(claims, names.name));
  return {
    issuer: claims.iss,
    subject: claims.sub,
    ...(email === undefined ? {} : { email }),
    // Literally true, and only about the standard claim: `email_verified` says nothing about another address.
    emailVerified:
      email !== undefined && own(claims, "email_verified") === true && email === own(claims, "email"),
    ...(name === undefined ? {} : { name }),
  };
}

/**
 * A person as the ID token describes them, with what it leaves out taken from userinfo. An address and whether
 * it is verified come from the same place: a verified address vouches for no other one.
 */
export function completePerson(idToken: Person, userInfo: Person): Person {
  const { emailVerified } = idToken.email === undefined ? userInfo : idToken;
  return { ...userInfo, ...idToken, emailVerified };
}

/** A claim's value. Never what an object inherits: a claim may be called `constructor`. */
function own(claims: Claims, name: string): unknown {
  return Object.hasOwn(claims, name) ? claims[name] : undefined;
}

function invalid(claimName: string, what: string): GroupsClaim {
  return { kind: "invalid", why: `The claim ${JSON.stringify(claimName)} ${what}.` };
}

function describe(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
