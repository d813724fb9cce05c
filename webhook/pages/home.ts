import type { HeldRole } from "../held-roles.ts";
import { html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

/** Who you are, and which roles you hold, with the reason for each. */
export function signedInPage(person: {
  organization: string;
  name?: string | undefined;
  email?: string | undefined;
  roles: readonly HeldRole[];
  expires: string;
  loginPath: string;
  /** They wanted to go elsewhere, and it can't be gone there. */
  isLost: boolean;
}): Page {
  const { organization, name, email, roles, expires, loginPath, isLost } = person;
  return {
    title: `Signed in${name || email ? ` as ${name ?? email}` : ""}`,
    organization,
    body: html`
${
  isLost &&
  html`<p class="alert" role="status">You are here because the address that you came with can't be gone to: it isn't one
of this site, or is too long. Open it again where you found it.</p>`
}
${name && email && html`<p class="soft">${email}</p>`}
<h2>Your roles</h2>
<table>
<thead><tr><th scope="col">Role</th><th scope="col">Because you are in</th></tr></thead>
<tbody>${roles.map(
      ({ displayName, admin, group, mapping }) => html`
<tr><td>${displayName}${admin && html` <span class="badge">admin</span>`}</td>
<td>${
        group === undefined
          ? html`<span class="soft">a local account</span>`
          : html`${group} <span class="soft">(mapping ${mapping})</span>`
      }</td></tr>`,
    )}
</tbody>
</table>
<p class="soft">Membership is managed in Okta. This session ends on <time datetime="${expires}">${readable(expires)}</time>
at the latest.</p>
<div class="actions">${signOutForm("Sign out", { loginPath, plain: true })}</div>`,
  };
}

/**
 * Nobody is signed in. It names no organization of its own accord: which ones there are isn't everybody's business.
 * @param left the login path that somebody has just signed out from
 * @param at the login path whose page this is
 */
export function signedOutPage({
  justNow,
  left,
  at,
}: {
  justNow: boolean;
  left?: string | undefined;
  at?: string | undefined;
}): Page {
  if (justNow && left !== undefined)
    return {
      title: "You are signed out",
      body: html`
<p>Your session has ended, here and at Okta.</p>
<div class="actions"><a class="button" href="/login/${left}">Sign in again</a></div>`,
    };
  if (!justNow && at !== undefined)
    return {
      title: "You are not signed in",
      body: html`<div class="actions"><a class="button" href="/login/${at}">Sign in</a></div>`,
    };
  return {
    title: justNow ? "You are signed out" : "You are not signed in",
    body: html`
<p>Sign in at your organization's login URI. It looks like <code>/login/your-organization</code>; whoever runs this
service for you knows it.</p>`,
  };
}

function readable(expires: string): string {
  return `${expires.slice(0, 10)} at ${expires.slice(11, 16)} UTC`;
}
