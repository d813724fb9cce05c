import { groupList } from "./groups.ts";
import { html } from "./html.ts";
import type { Page } from "./layout.ts";
import { signOutForm } from "./sign-out-form.ts";

export interface Refusal {
  readonly organization: string;
  readonly loginPath: string;
  /** Email or name, as Okta says it. */
  readonly who: string;
  readonly reason: string;
  /** One sentence on why. */
  readonly message: string;
  /** The groups that Okta reported; undefined where that isn't known any more. */
  readonly groups: readonly string[] | undefined;
}

/** What an administrator is asked, by the reason. */
const ASK: Readonly<Record<string, string>> = {
  NoMappedGroup: "to put you into an Okta group that gives access",
  Paused: "when that will be",
};

/**
 * Refused: Okta has signed the person in, and their groups give them nothing. It shows what was received, so
 * that they and an administrator needn't guess. It doesn't show which groups would do: that is for people to say.
 */
export function refusedPage({ organization, loginPath, who, reason, message, groups }: Refusal): Page {
  const byGroups = reason === "NoMappedGroup";
  const toAsk = ASK[reason] ?? "to look at your account in Okta";
  return {
    title: "You have no access",
    organization,
    body: html`
<p>Okta has signed you in as <strong>${who}</strong>.
${byGroups ? html`None of your Okta groups gives access to ${organization}.` : message}</p>
<p>Ask an administrator of ${organization} ${toAsk}. Then sign in again.</p>
${
  groups &&
  html`<h2>Groups received from Okta</h2>
${groupList(groups)}`
}
<div class="actions">
${signOutForm("Sign in with another account", { loginPath, again: true })}
</div>`,
  };
}
