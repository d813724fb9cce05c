/** Markup that is safe to send: made by `html` alone, where everything else is escaped. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }

  /** The template tag. A static method, so that nobody else can make markup out of text. */
  static tag(literals: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
    let markup = literals[0] ?? "";
    for (const [i, value] of values.entries()) markup += render(value) + (literals[i + 1] ?? "");
    return new Html(markup);
  }

  /** A <style> element. In it nothing is escaped and nothing can be: only for a stylesheet written by hand. */
  static style(css: string): Html {
    if (css.includes("<")) throw new TypeError("A stylesheet with < in it could end its element.");
    return new Html(`<style>${css}</style>`);
  }
}

/** What a template takes: text and numbers are escaped, markup stays, and nothing is shown as nothing. */
export type HtmlValue = string | number | Html | false | null | undefined | readonly HtmlValue[];

/**
 * Markup with everything put into it escaped. Attribute values are always written in double quotes, and text
 * never goes into scripts, styles or the names of tags and attributes: escaping doesn't cover those.
 *
 *     html`<p title="${name}">${groups.map((group) => html`<li>${group}</li>`)}</p>`
 */
export const html = Html.tag;

function render(value: HtmlValue): string {
  if (value === undefined || value === null || value === false) return "";
  if (value instanceof Html) return value.toString();
  if (typeof value === "object") return value.map(render).join("");
  return escaped(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? "");
}
