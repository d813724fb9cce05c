/** What travels to Okta and back with a sign-out, so that the page afterwards knows where to lead on. */
export interface LogoutState {
  /** Sign in once more, with whatever account. */
  readonly again: boolean;
  /** The organization that somebody has signed out from; undefined where there is none to name. */
  readonly loginPath?: string;
}

/** Where people are after signing out: the one address to register as sign-out redirect URI of the app in Okta. */
export const SIGNED_OUT_PATH = "/logout/done";

/** The same, for somebody who was signed out without going to Okta. */
export const SIGNED_OUT = `${SIGNED_OUT_PATH}?state=out`;

/** As the parameter `state`, which Okta gives back as it was (OpenID Connect RP-Initiated Logout 1.0). */
export function formatLogoutState({ again, loginPath }: Required<LogoutState>): string {
  return `${again ? "again" : "out"}.${loginPath}`;
}

/** Reads the parameter. Anybody can have written it: it only ever leads to a login path of this origin. */
export function parseLogoutState(state: unknown): LogoutState | undefined {
  if (state === "out") return { again: false };
  const parts =
    typeof state === "string" ? /^(out|again)\.([a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?)$/.exec(state) : null;
  const [, what, loginPath] = parts ?? [];
  return loginPath === undefined ? undefined : { again: what === "again", loginPath };
}
