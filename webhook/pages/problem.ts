import { html } from "./html.ts";
import type { Page } from "./layout.ts";

/** A page on something that went wrong: what, and what to do. */
export function problemPage({
  title,
  text,
  advice,
  link,
  organization,
}: {
  title: string;
  text: string;
  /** For whoever runs this. */
  advice?: string | undefined;
  link?: { href: string; label: string } | undefined;
  organization?: string | undefined;
}): Page {
  return {
    title,
    organization,
    body: html`
<p>${text}</p>
${advice && html`<p class="soft">${advice}</p>`}
${link && html`<div class="actions"><a class="button" href="${link.href}">${link.label}</a></div>`}`,
  };
}
