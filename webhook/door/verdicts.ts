import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { type HeldRole, heldRoles } from "../held-roles.ts";
import type { SessionRefusal, SignedInSession } from "../sessions/session-judgement.ts";
import type { Session } from "../sessions/session-token.ts";
import type { SessionCheck } from "../sessions/sessions.ts";
import { identityHeaders } from "./identity-headers.ts";
import type { Requirement } from "./requirement.ts";

/** What somebody would need. */
export type Missing =
  /** There is no such organization. */
  | { readonly organization: string }
  | {
      /** All of these. */
      readonly roles?: readonly string[];
      /** One of these. */
      readonly anyRole?: readonly string[];
    };

/** Somebody who is signed in. It is one object for as long as the session, the user and the organization are. */
export interface Admitted {
  readonly kind: "admitted";
  readonly user: User;
  readonly organization: Organization;
  readonly roles: readonly HeldRole[];
  readonly held: ReadonlySet<string>;
  /** ms since 1970 */
  readonly expiresAt: number;
  /** What an application is told. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What follows from a session and from what is required. */
export type Verdict =
  | Admitted
  | {
      readonly kind: "refused";
      readonly reason: SessionRefusal;
      /** Where a sign-in would help. */
      readonly organization: Organization | undefined;
    }
  | {
      readonly kind: "forbidden";
      readonly missing: Missing;
      readonly organization: Organization | undefined;
      /** They are signed in past Okta, whose groups give them nothing. */
      readonly isLocal: boolean;
    }
  /** Nobody can say: this replica hasn't heard of the cluster for too long, or it asked and got no answer. */
  | { readonly kind: "stale"; readonly namespace: string }
  | { readonly kind: "unavailable" };

/** Judges sessions by what is required. It runs before every request of others: what can be remembered is. */
export class Verdicts {
  readonly #organization: (key: string) => Organization | undefined;
  readonly #admitted = new WeakMap<Session, Admitted>();

  /** @param organization by "namespace/name" */
  constructor(organization: (key: string) => Organization | undefined) {
    this.#organization = organization;
  }

  of(check: SessionCheck, required: Requirement): Verdict {
    const { organization: key } = required;
    const organization = key === undefined ? undefined : this.#organization(key);
    // Signing in wouldn't help: whoever sent people there would send them again and again.
    if (key !== undefined && !organization && check.kind !== "stale")
      return { kind: "forbidden", missing: { organization: key }, organization, isLocal: false };
    switch (check.kind) {
      case "signed-in": {
        const admitted = this.#signedIn(check);
        const missing = missingOf(admitted.held, required);
        if (missing === undefined) return admitted;
        return { kind: "forbidden", missing, organization, isLocal: check.user.source === "Local" };
      }
      case "refused":
        return { kind: "refused", reason: check.reason, organization };
      case "stale":
        return check;
    }
  }

  #signedIn({ session, user, organization, expiresAt }: SignedInSession): Admitted {
    const known = this.#admitted.get(session);
    if (known && known.user === user && known.organization === organization) return known;
    const roles = heldRoles(user, organization);
    const held = new Set(roles.map(({ name }) => name));
    const headers = identityHeaders({
      user: user.ref,
      email: user.email,
      organization: keyOf(organization),
      roles: [...held],
    });
    const admitted: Admitted = { kind: "admitted", user, organization, roles, held, expiresAt, headers };
    this.#admitted.set(session, admitted);
    return admitted;
  }
}

function missingOf(held: ReadonlySet<string>, { roles, anyRoles }: Requirement): Missing | undefined {
  const hasOne = anyRoles.length === 0 || anyRoles.some((role) => held.has(role));
  if (hasOne && roles.every((role) => held.has(role))) return undefined;
  const lacks = roles.filter((role) => !held.has(role));
  return { ...(lacks.length > 0 ? { roles: lacks } : {}), ...(hasOne ? {} : { anyRole: anyRoles }) };
}
