import { type ClockDifference, clockAdvice } from "../clocks.ts";
import { OktaError } from "../errors.ts";
import { asSentence, oneLine } from "../one-line.ts";

/** How a sign-in can fail after the person comes back from Okta. */
export type LoginError =
  | StateMismatchError
  | LoginExpiredError
  | SettingsChangedError
  | CallbackInvalidError
  | IssuerMixUpError
  | LoginDeniedError
  | PolicyDeniedError
  | AuthorizationFailedError
  | TokenEndpointUnreachableError
  | InvalidClientError
  | DPoPRequiredError
  | CodeRejectedError
  | TokenResponseInvalidError
  | SigningKeysUnreachableError
  | IdTokenInvalidError
  | UserInfoUnreachableError
  | UserInfoInvalidError;

/** The callback belongs to no sign-in that this browser started. */
export class StateMismatchError extends OktaError {
  readonly code = "state-mismatch";

  constructor() {
    super("This sign-in wasn't started in this browser. Start again from the login page.");
  }
}

/** The person took too long. */
export class LoginExpiredError extends OktaError {
  readonly code = "login-expired";

  constructor() {
    super("This sign-in took too long. Start again from the login page.");
  }
}

/** The organization's issuer or client was changed while the person was at Okta. */
export class SettingsChangedError extends OktaError {
  readonly code = "settings-changed";

  constructor() {
    super("The organization's sign-in settings have just changed. Start again from the login page.");
  }
}

/** The callback's parameters make no sense: none, or one of them twice. */
export class CallbackInvalidError extends OktaError {
  readonly code = "callback-invalid";

  constructor(why: string) {
    super(`The answer from Okta is incomplete: ${why}. Start again from the login page.`);
  }
}

/** The callback's `iss` names another server than the one that was asked (RFC 9207, mix-up attacks). */
export class IssuerMixUpError extends OktaError {
  readonly code = "issuer-mix-up";

  constructor(expected: string) {
    super(`The answer doesn't come from ${expected}. Start again from the login page.`);
  }
}

/** Okta, or the person, said no. */
export class LoginDeniedError extends OktaError {
  readonly code = "denied";
  /** What Okta says, in one line. Not escaped. */
  readonly description: string | undefined;

  constructor(description: string | undefined) {
    const said = description === undefined ? undefined : oneLine(description);
    super(said ? `Okta refused the sign-in: ${said}` : "Okta refused the sign-in.");
    this.description = said;
  }
}

/**
 * No rule of the authorization server's access policies lets this app, these scopes or this person in (Okta, "Access
 * policies"). Okta calls that access_denied as well, and nobody who is assigned to the app is helped by being assigned.
 */
export class PolicyDeniedError extends OktaError {
  readonly code = "denied-by-policy";
  /** What Okta says, in one line. Not escaped. */
  readonly description: string;

  constructor(description: string) {
    const said = oneLine(description);
    super(
      `Okta refused the sign-in: ${asSentence(said)} No rule of the authorization server's access policies allows it: look at ` +
        "Security > API > Authorization Servers > Access Policies in Okta.",
    );
    this.description = said;
  }
}

/** Okta says access_denied. @param description what it says of it */
export function accessDenied(description: string | undefined): LoginDeniedError | PolicyDeniedError {
  return description !== undefined && /policy evaluation failed/i.test(description)
    ? new PolicyDeniedError(description)
    : new LoginDeniedError(description);
}

const SCOPE_ADVICE =
  " Leave out of the Organization's okta.scopes what this authorization server doesn't have: on a custom server " +
  "that is often groups, where the groups claim needs no scope.";

/** Okta's authorization endpoint reported something else than a refusal, such as a scope it doesn't know. */
export class AuthorizationFailedError extends OktaError {
  readonly code = "authorization-failed";
  /** The OAuth error, such as `invalid_scope` (RFC 6749, section 4.1.2.1). */
  readonly error: string;
  /** What Okta says, in one line. Not escaped. */
  readonly description: string | undefined;

  constructor(error: string, description: string | undefined) {
    const name = oneLine(error, 60);
    const said = description === undefined ? undefined : oneLine(description);
    const reported = asSentence(`Okta reported ${name}${said ? `: ${said}` : ""}`);
    super(`${reported}${name === "invalid_scope" ? SCOPE_ADVICE : ""}`);
    this.error = name;
    this.description = said;
  }
}

/** The token endpoint doesn't answer, or isn't well. Signing in again may help. */
export class TokenEndpointUnreachableError extends OktaError {
  readonly code = "token-endpoint-unreachable";

  constructor(cause: Error) {
    super(`Okta's token endpoint can't be used now: ${cause.message}`, { cause });
  }
}

/** How an app proves that it is that app. */
export type AuthenticationKind = "secret" | "private-key" | "none";

/** Okta doesn't accept the client: its secret or key is wrong, it authenticates in another way, or it isn't there. */
export class InvalidClientError extends OktaError {
  readonly code = "invalid-client";
  readonly clientID: string;

  /** @param request with it, how far Okta's clock is ahead of ours: what a wrong one signs is refused, too */
  constructor(
    {
      clientID,
      authentication,
      clock,
    }: { clientID: string; authentication: AuthenticationKind; clock?: ClockDifference | undefined },
    description: string | undefined,
  ) {
    const { how, check } = AUTHENTICATION[authentication];
    const said = description ? ` (${oneLine(description)})` : "";
    const advice = (authentication === "private-key" ? clockAdvice(clock) : undefined) ?? check;
    super(`Okta doesn't accept client ${oneLine(clientID, 80)} ${how}${said}. ${advice}`);
    this.clientID = clientID;
  }
}

const AUTHENTICATION: Readonly<Record<AuthenticationKind, { how: string; check: string }>> = {
  secret: {
    how: "with this client secret",
    check: "Check clientID and the Secret of clientSecretRef.",
  },
  "private-key": {
    how: "with this private key",
    check:
      "Check clientID, and that the app's client authentication in Okta is Public key / Private key with the public half " +
      "of the key in the Secret of privateKeyRef among its keys.",
  },
  none: {
    how: "as a public client",
    check:
      "Check clientID, and that the app's client authentication in Okta is None; else write clientSecretRef or " +
      "privateKeyRef instead of publicClient.",
  },
};

/** The app demands DPoP (RFC 9449), which isn't used for signing in. */
export class DPoPRequiredError extends OktaError {
  readonly code = "dpop-required";

  constructor(clientID: string) {
    super(
      `The app ${oneLine(clientID, 80)} requires DPoP, which signing in doesn't use: switch off Require Demonstrating ` +
        "Proof of Possession on its General tab in Okta.",
    );
  }
}

/** The authorization code was used before, is too old, or was made for another client or redirect URI. */
export class CodeRejectedError extends OktaError {
  readonly code = "code-rejected";

  constructor(description: string | undefined) {
    super(
      `Okta doesn't accept this sign-in any more${description ? ` (${oneLine(description)})` : ""}. ` +
        "Start again from the login page.",
    );
  }
}

/** The token endpoint's answer can't be understood. */
export class TokenResponseInvalidError extends OktaError {
  readonly code = "token-response-invalid";

  constructor(why: string, options?: ErrorOptions) {
    super(`Okta's token endpoint answered with something unexpected: ${oneLine(why)}.`, options);
  }
}

/** The issuer's keys can't be read, so that nothing it signed can be believed. */
export class SigningKeysUnreachableError extends OktaError {
  readonly code = "signing-keys-unreachable";

  constructor(cause: Error) {
    super(`Okta's signing keys can't be read: ${cause.message}`, { cause });
  }
}

/** What an ID token is checked for (OpenID Connect Core 1.0, sections 3.1.3.7 and 3.1.3.8). */
export type IdTokenCheck =
  | "format"
  | "algorithm"
  | "key"
  | "signature"
  | "issuer"
  | "audience"
  | "authorized-party"
  | "subject"
  | "nonce"
  | "expiry"
  | "issued-at"
  | "not-before"
  | "auth-time"
  | "access-token-hash";

/** The ID token isn't what it has to be. */
export class IdTokenInvalidError extends OktaError {
  readonly code = "id-token-invalid";
  readonly check: IdTokenCheck;
  /** What to do about it, where more is known than that the issuer or the client may be another: fit for a page. */
  readonly advice: string | undefined;

  /** @param more `what`: how exactly the check failed */
  constructor(
    check: IdTokenCheck,
    more: ErrorOptions & { what?: string | undefined; advice?: string | undefined } = {},
  ) {
    const { what, advice, ...options } = more;
    super(
      `The ID token isn't valid (${check}${what === undefined ? "" : `: ${what}`}). Nobody was signed in.` +
        `${advice === undefined ? "" : ` ${advice}`}`,
      options,
    );
    this.check = check;
    this.advice = advice;
  }
}

/** Claims that aren't in the ID token were to be read from userinfo, and couldn't. */
export class UserInfoUnreachableError extends OktaError {
  readonly code = "userinfo-unreachable";

  constructor(cause: Error) {
    super(`Okta's userinfo endpoint can't be used now: ${cause.message}`, { cause });
  }
}

/** The userinfo answer is about somebody else, or not an answer. */
export class UserInfoInvalidError extends OktaError {
  readonly code = "userinfo-invalid";

  constructor(why: string, options?: ErrorOptions) {
    super(`Okta's userinfo endpoint answered with something unexpected: ${oneLine(why)}.`, options);
  }
}
