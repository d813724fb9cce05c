import { type Html, html } from "./html.ts";

/** Groups that are shown; of the others, the number. */
const SHOWN = 50;

/**
 * The groups that Okta has named.
 * @param whose who reads it: the person themselves, or somebody else
 * @param total how many there were, where these are not all
 */
export function groupList(
  groups: readonly string[],
  whose: "you" | "this person" = "you",
  total = groups.length,
): Html {
  const shown = groups.slice(0, SHOWN);
  if (total === 0) return html`<p class="soft">None. Okta reported no group for ${whose}.</p>`;
  const more = total - shown.length;
  return html`${shown.length > 0 && html`<ul class="groups">${shown.map((group) => html`<li dir="auto">${group}</li>`)}</ul>`}
${more > 0 && html`<p class="soft">${shown.length > 0 && "and "}${more} more, ${total} in all.</p>`}`;
}
