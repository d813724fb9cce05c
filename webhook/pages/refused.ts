import { groupList } from "./groups.ts";
import { html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

export interface Refusal {
  readonly organization: string;
  readonly loginPath: string;
  /** Email or name, as Okta says it. */
  readonly who: string;
  /** Why, and whom to ask for what, in sentences for the person. */
  readonly why: readonly string[];
  /** The groups that Okta reported, as many as are known by now, and how many there were. */
  readonly groups: readonly string[];
  readonly received: number;
}

/**
 * Refused: Okta has signed the person in, and their groups give them nothing. It shows what was received, so
 * that they and an administrator needn't guess. It doesn't show which groups would do: that is for people to say.
 */
export function refusedPage({ organization, loginPath, who, why, groups, received }: Refusal): Page {
  return {
    title: "You have no access",
    organization,
    body: html`
<p>Okta has signed you in as <strong dir="auto">${who}</strong>, who has no access to ${organization}.</p>
<p>${why.join(" ")} Then sign in again.</p>
<h2>Groups received from Okta</h2>
${groupList(groups, "you", received)}
<div class="actions">
${signOutForm("Sign in with another account", { loginPath, again: true })}
</div>`,
  };
}
