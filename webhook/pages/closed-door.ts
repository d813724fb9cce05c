import { pauseWords } from "../../crds/annotations.ts";
import type { Organization } from "../../crds/types.ts";
import type { Missing } from "../door/verdicts.ts";
import { type Html, type HtmlValue, html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

/**
 * Signed in, and not let in: says which role is missing, whom to ask, and what to do when it is given.
 * @param own where the webhook's pages are, as in https://login.example.com; "" where this page is shown at that host
 * @param isLocal they are signed in past Okta
 */
export function forbiddenPage(
  missing: Missing,
  organization: Organization | undefined,
  { own = "", isLocal = false }: { own?: string; isLocal?: boolean } = {},
): Page {
  if ("organization" in missing || !organization)
    return {
      title: "Nobody can be let in here",
      body: html`
<p>This page is for people of an organization that doesn't exist. Whoever runs it has to name another.</p>`,
    };
  const { displayName, loginPath, okta, roles: catalogue } = organization.spec;
  const { roles = [], anyRole = [] } = missing;
  const named = (role: string): HtmlValue => {
    const known = catalogue.find(({ name }) => name === role);
    return known
      ? html`${known.displayName} (<a href="${own}/login/${loginPath}/why?role=${role}">why don't I have it?</a>)`
      : `${role}, which ${displayName} doesn't have`;
  };
  const listed = (names: readonly string[]): Html =>
    html`<ul>${names.map((name) => html`<li>${named(name)}</li>`)}</ul>`;
  return {
    title: "You lack a role for this page",
    organization: displayName,
    body: html`
<p>You are signed in at ${displayName}, but don't hold what this page asks for.</p>
${roles.length > 0 && html`<h2>What you need</h2>${listed(roles)}`}
${anyRole.length > 0 && html`<h2>${roles.length > 0 ? "And one" : "One"} of these</h2>${listed(anyRole)}`}
<p>${wayToIt(organization, isLocal)} ${
      isLocal || okta.directory
        ? "Then open this page again: you needn't sign in anew."
        : html`Then <a href="${own}/login/${loginPath}">sign in anew</a>, and open this page again: until you do, it isn't known
here that you are in it.`
    }${
      !isLocal &&
      pauseWords(organization) !== undefined &&
      ` Changes of access are paused at ${displayName} at present: it counts when that is over.`
    }</p>
<div class="actions">${
      own === ""
        ? signOutForm("Sign in with another account", { loginPath, again: true })
        : html`<a href="${own}/logout">Sign out</a>`
    }</div>`,
  };
}

/** Whom to ask for what. */
function wayToIt({ spec }: Organization, isLocal: boolean): string {
  return isLocal
    ? `Your account is a local one: ask an administrator of ${spec.displayName} to write the role into it.`
    : `Ask an administrator of ${spec.displayName} to put you into an Okta group that gives it.`;
}

/** It isn't known whether somebody may come in. */
export const UNDECIDED_PAGE: Page = {
  title: "Nobody can say whether you are signed in",
  body: html`<p>The place where accounts are kept doesn't answer. Open this page again in a moment.</p>`,
};
