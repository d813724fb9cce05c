import { type Html, html } from "./html.ts";

/** A time as a person reads it. @param time RFC 3339, or ms since 1970 */
export function timeOf(time: string | number): Html {
  const iso = new Date(time).toISOString();
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;
}
