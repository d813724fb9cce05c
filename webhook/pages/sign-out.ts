import type { Organization } from "../../crds/types.ts";
import { type Html, html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

/** What comes of the session at Okta: nobody may have signed in there, or it can't be ended from here. */
type AtOkta = "ends" | "goes on" | "none";

/**
 * Asks before signing out: a link alone must not do it.
 * @param from the organization that the person is signed in at
 */
export function confirmSignOutPage({
  from,
  atOkta,
}: {
  from?: { organization: string; loginPath: string };
  atOkta: AtOkta;
}): Page {
  return {
    title: "Sign out?",
    body: html`
<p>${from ? html`This ends your session at ${from.organization}` : "This ends all sessions that this browser has"}${
      atOkta === "ends" ? ", here and at Okta." : " here."
    }
${atOkta === "goes on" && "You may stay signed in at Okta: sign out there, too."}
${from && "If you are signed in at other organizations in this browser, you stay so there."}</p>
<div class="actions">${signOutForm("Sign out", from && { loginPath: from.loginPath })}<a href="/">Stay signed in</a></div>`,
  };
}

/** @param left the login path of the organization that somebody has signed out from, here and at Okta */
export function signedOutPage(left: string, signedInAt: readonly Organization[]): Page {
  return {
    title: "You are signed out",
    body: html`
<p>Your session has ended, here and at Okta.</p>
${stillSignedIn(signedInAt)}
<div class="actions"><a class="button" href="/login/${left}">Sign in again</a></div>`,
  };
}

/** Nothing has ended, whatever the address says that led here, or something else has. */
export function stillSignedInPage(signedInAt: readonly Organization[]): Page {
  return {
    title: "You are still signed in",
    body: html`
<p>These sessions go on in this browser. To end one, open it and sign out there.</p>
${stillSignedIn(signedInAt)}`,
  };
}

/** Where the sessions of this browser go on. */
function stillSignedIn(at: readonly Organization[]): Html | undefined {
  if (at.length === 0) return undefined;
  return html`<h2>Still signed in at</h2>
<ul>${at.map(
    ({ spec }) => html`<li><a href="/login/${spec.loginPath}/me" dir="auto">${spec.displayName}</a></li>`,
  )}</ul>`;
}

const COPIES_COUNT =
  "The end of your session could not be stored where accounts are kept. If somebody has a copy of it, that copy may count " +
  "until it expires: tell an administrator if you think so.";

/** Signed out here; at Okta it didn't work, and that has to be said. */
export function signedOutHerePage(
  loginPath: string | undefined,
  {
    copiesCount = false,
    signedInAt = [],
  }: { copiesCount?: boolean; signedInAt?: readonly Organization[] } = {},
): Page {
  return {
    title: "You are signed out here",
    body: html`
<p>Your session here has ended. You may still be signed in at Okta, where it couldn't be ended from here: whoever uses this
browser next could sign in without your password. Sign out at Okta, too, or close the browser.</p>
${copiesCount && html`<p>${COPIES_COUNT}</p>`}
${stillSignedIn(signedInAt)}
${loginPath !== undefined && html`<div class="actions"><a class="button" href="/login/${loginPath}?prompt=login">Sign in again</a></div>`}`,
  };
}

/** Signed out in this browser; that no copy of the session counts any more could not be stored. */
export function copiesMayCountPage(
  continueAt: string,
  { toSignIn = false }: { toSignIn?: boolean | undefined } = {},
): Page {
  return {
    title: "You are signed out in this browser",
    body: html`
<p>${COPIES_COUNT}</p>
<div class="actions"><a class="button" href="${continueAt}">${toSignIn ? "Sign in again" : "Go on signing out"}</a></div>`,
  };
}

/** The session here has ended, and the browser goes on by itself: to Okta, to end it there, or to sign in once more. */
export function goingOnPage(continueAt: string): Page {
  return {
    title: "Signing you out",
    goesOnTo: continueAt,
    body: html`
<p>Your session here has ended. You are being brought to Okta.</p>
<div class="actions"><a class="button" href="${continueAt}">Go on</a></div>`,
  };
}
