import { type Html, html } from "../html.ts";

/**
 * A button that copies what stands elsewhere on the page. It is hidden until the script `copy` shows it.
 * @param source the id of the element whose text is copied
 * @param what it is, as in "the address"
 */
export function copyButton(source: string, what: string): Html {
  return html`<button type="button" class="button plain small" data-copy="${source}" aria-label="Copy ${what}" hidden>Copy</button>`;
}
