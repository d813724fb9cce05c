import type { AuthenticationKind } from "../../okta/oidc/login-errors.ts";

/** Okta has yet to answer. */
interface Checking {
  readonly kind: "checking";
}

/** Nothing can be said at the moment, as when the rate limit is used up: that is no fault of what was asked. */
interface Unread {
  readonly kind: "unread";
  readonly reason: string;
  readonly message: string;
}

/** Whether the organization's client and its secret or key are there, and Okta takes them. */
export type CredentialsCheck =
  | { readonly kind: "resolved"; readonly by: AuthenticationKind; readonly accepted: true }
  | {
      readonly kind: "resolved";
      readonly by: AuthenticationKind;
      readonly accepted: false;
      readonly note: string;
      /** Okta would have said it another time. */
      readonly isOpen?: true;
    }
  | {
      readonly kind: "missing" | "forbidden" | "unreadable" | "invalid" | "rejected";
      readonly message: string;
    }
  | Checking;

/** Whether the issuer is one. */
export type IssuerCheck =
  | { readonly kind: "discovered" }
  | { readonly kind: "wrong" | "unreachable"; readonly message: string }
  | Unread
  | Checking;

/** Whether the directory, where there is one, answers. */
export type DirectoryCheck =
  | { readonly kind: "none" }
  | { readonly kind: "reachable" }
  | { readonly kind: "failed"; readonly reason: string; readonly message: string }
  /** Its credentials can't be read, which says nothing about the directory. */
  | { readonly kind: "unreadable"; readonly message: string }
  | Unread
  | Checking;

/** Whether the secret is there that Okta's event hook is told by, where there is one. */
export type HookCheck =
  | { readonly kind: "none" | "found" }
  | { readonly kind: "missing" | "forbidden" | "unreadable"; readonly message: string }
  | Checking;

/** What Okta said about one organization. */
export interface OktaVerdicts {
  readonly issuer: IssuerCheck;
  readonly credentials: CredentialsCheck;
  readonly directory: DirectoryCheck;
}

/** Whether nothing is known by it, so that what was known before stays. */
export function isOpen(check: IssuerCheck | CredentialsCheck | DirectoryCheck): boolean {
  return check.kind === "checking" || check.kind === "unread" || ("isOpen" in check && check.isOpen === true);
}
