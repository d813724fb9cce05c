import { type Html, html } from "./html.ts";

/** Groups that are shown; of the others, the number. */
const SHOWN = 50;

/** The groups that Okta has named. @param whose who reads it: the person themselves, or somebody else */
export function groupList(groups: readonly string[], whose: "you" | "this person" = "you"): Html {
  if (groups.length === 0) return html`<p class="soft">None. Okta reported no group for ${whose}.</p>`;
  return html`<ul class="groups">${groups.slice(0, SHOWN).map((group) => html`<li dir="auto">${group}</li>`)}</ul>
${groups.length > SHOWN && html`<p class="soft">and ${groups.length - SHOWN} more, ${groups.length} in all.</p>`}`;
}
