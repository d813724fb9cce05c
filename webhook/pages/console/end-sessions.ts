import type { User } from "../../../identity/index.ts";
import type { Visitor } from "../../console/visitor.ts";
import { html } from "../html.ts";
import type { Page } from "../layout.ts";
import { consolePage } from "./frame.ts";
import { beginning, userAddress } from "./user-texts.ts";

/** Asks an admin before somebody's sessions end: a link alone must not do it. */
export function endSessionsPage(visitor: Visitor, user: User): Page {
  const { organization } = visitor;
  const address = userAddress(organization, user);
  const who = beginning(user.name ?? user.email ?? user.ref);
  return consolePage(visitor, "users", {
    title: "End all sessions?",
    body: html`
<p>This signs <strong dir="auto">${who}</strong>${user.name && user.email && html` (<span dir="auto">${beginning(user.email)}</span>)`}
out of ${organization.spec.displayName} in every browser, at once. They can sign in again as long as they have access.</p>
${user.ref === visitor.user.ref && html`<p><strong>These are your own sessions:</strong> you will have to sign in again.</p>`}
<p>The audit log, an Event and the account's history will say that you have done it.</p>
<div class="actions"><form method="post" action="${address}/end-sessions">
<button class="button" type="submit">End all sessions</button></form>
<a href="${address}">Leave them as they are</a></div>`,
  });
}

/**
 * Somebody has ended their own sessions. A page, since their next one leads to Okta, and browsers hold every redirect after a
 * form against the page that the form was on. A local account comes back the way it came, past Okta.
 */
export function ownSessionsEndedPage({ organization, user, isLocal }: Visitor): Page {
  const { displayName, loginPath } = organization.spec;
  return {
    title: "Your sessions have ended",
    organization: displayName,
    body: html`
<p>All sessions of <strong dir="auto">${beginning(user.name ?? user.email ?? user.ref)}</strong> have ended, this one among them.</p>
<div class="actions"><a class="button" href="/login/${loginPath}${isLocal && "/local"}">Sign in again</a></div>`,
  };
}
