import type { RoleInWords } from "../../../identity/index.ts";
import { type Html, html } from "../html.ts";

/**
 * A role of somebody, whether they hold it, and why: a term of a list, with its description.
 * @param most reasons that are shown; of the others, the number
 */
export function roleAnswer({ displayName, admin, holds, reasons }: RoleInWords, most: number): Html {
  // Above the answers it is said once for all of them.
  const said = reasons.filter(({ code }) => code !== "NoAccount");
  const sentences = [...new Set(said.map(({ sentence }) => sentence))];
  const more = sentences.length - most;
  return html`
<dt><strong>${displayName}</strong>${admin && html` <span class="badge">admin</span>`}<br>
<span class="${holds ? "state good" : "state"}">${holds ? "Held" : "Not held"}</span></dt>
<dd>${sentences.slice(0, most).map((sentence) => html`<div>${sentence}</div>`)}
${more > 0 && html`<div class="soft">and ${more} more</div>`}</dd>`;
}
