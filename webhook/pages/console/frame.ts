import type { Visitor } from "../../console/visitor.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { signOutForm } from "../sign-out-form.ts";

/** The pages that the navigation leads to, by the last part of their address. */
export type ConsolePage = "me" | "users" | "mappings" | "settings" | "why";

const PAGES: readonly { readonly page: ConsolePage; readonly label: string; readonly adminsOnly: boolean }[] =
  [
    { page: "me", label: "My access", adminsOnly: false },
    { page: "users", label: "Users", adminsOnly: true },
    { page: "mappings", label: "Role mapping", adminsOnly: true },
    { page: "settings", label: "Identity management", adminsOnly: true },
    { page: "why", label: "Why?", adminsOnly: false },
  ];

export interface ConsoleContent {
  readonly title: string;
  readonly body: HtmlValue;
  /** For tables: as wide as the window allows. */
  readonly wide?: boolean;
  /** Scripts that make it more comfortable, by their addresses (see `assetAddress`). It works without. */
  readonly scripts?: readonly string[];
}

/**
 * A page of an organization, with what all of them have: where one is, where else one can go, who is signed in, and, on
 * every page of theirs, that somebody is in past Okta.
 */
export function consolePage(
  visitor: Visitor,
  current: ConsolePage | undefined,
  content: ConsoleContent,
): Page {
  const { displayName, loginPath } = visitor.organization.spec;
  const pages = PAGES.filter(({ adminsOnly }) => visitor.isAdmin || !adminsOnly);
  return {
    ...content,
    organization: displayName,
    frame: html`
<a class="skip" href="#content">Skip to the content</a>
<header class="bar">
<p class="organization" dir="auto">${displayName}</p>
<nav aria-label="Pages of ${displayName}"><ul>${pages.map(
      ({ page, label }) =>
        html`<li><a href="/login/${loginPath}/${page}"${page === current && html` aria-current="page"`}>${label}</a></li>`,
    )}</ul></nav>
<div class="visitor"><span dir="auto">${visitor.user.name ?? visitor.user.email ?? visitor.user.ref}</span>
${signOutForm("Sign out", { loginPath, plain: true })}</div>
</header>
${visitor.isLocal && localMark(visitor)}`,
  };
}

function localMark({ user }: Visitor): Html {
  return html`<p class="mark" role="note"><strong>Local account.</strong> You are signed in past Okta, as
<span dir="auto">${user.email ?? user.ref}</span>. Nothing in Okta takes this account's roles away: sign out when you are done.</p>`;
}
