import { html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

/**
 * Asks before signing out: a link alone must not do it.
 * @param from the organization that the person is signed in at
 */
export function confirmSignOutPage(from: { organization: string; loginPath: string } | undefined): Page {
  return {
    title: "Sign out?",
    body: html`
<p>${
      from
        ? html`This ends your session at ${from.organization}, here and at Okta. If you are signed in at other organizations
in this browser, you stay so there.`
        : "This ends your session here and at Okta."
    }</p>
<div class="actions">${signOutForm("Sign out", from && { loginPath: from.loginPath })}<a href="/">Stay signed in</a></div>`,
  };
}

const COPIES_COUNT =
  "The place where accounts are kept doesn't answer, so that the end of your session could not be stored. If somebody has " +
  "a copy of it, that copy may count until it expires: tell an administrator if you think so.";

/** Signed out here; at Okta it didn't work, and that has to be said. */
export function signedOutHerePage(
  loginPath: string | undefined,
  { copiesCount = false }: { copiesCount?: boolean } = {},
): Page {
  return {
    title: "You are signed out here",
    body: html`
<p>Your session here has ended. You may still be signed in at Okta, where it couldn't be ended from here: whoever uses this
browser next could sign in without your password. Sign out at Okta, too, or close the browser.</p>
${copiesCount && html`<p>${COPIES_COUNT}</p>`}
${loginPath !== undefined && html`<div class="actions"><a class="button" href="/login/${loginPath}?prompt=login">Sign in again</a></div>`}`,
  };
}

/** Signed out in this browser; that no copy of the session counts any more could not be stored. */
export function copiesMayCountPage(continueAt: string): Page {
  return {
    title: "You are signed out in this browser",
    body: html`
<p>${COPIES_COUNT}</p>
<div class="actions"><a class="button" href="${continueAt}">Go on signing out</a></div>`,
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
