import type { ExecutionContext } from "ava";
import { type HtmlValue, html } from "../../../webhook/pages/html.ts";
import type { Page } from "../../../webhook/pages/layout.ts";

/** What begins and ends a line of its own. In tables and lists of terms a line is a row, and these are parts of it. */
const BLOCKS = new Set("p div h1 h2 h3 ul li form section pre nav header footer details summary".split(" "));
const HEADINGS: Readonly<Record<string, string>> = { h1: "# ", h2: "## ", h3: "### ", li: "- " };

/** What people are told of an element beside its text: by its looks, or by what reads it to them. */
const TOLD = ["aria-current", "aria-sort", "aria-invalid", "rel", "download"];
const LOOKS = ["good", "bad", "plain", "alert", "notice", "problem", "badge", "mark"];

/**
 * A page as people read it, line by line: `# headings`, `[links](address)`, `<fields: what is in them>`, `(what a form sends
 * unseen: its value)`, `[buttons]`, rows whose `cells | are apart`. Without the frame, which is the same on each page.
 */
export function reading(page: Page | HtmlValue): string[] {
  const markup = isPage(page) ? html`<h1>${page.title}</h1>${page.body}` : html`${page}`;
  let text = "";
  let rows = 0;
  let cell = 0;
  let isAsWritten = false;
  const ends = new Map<string, string[]>();
  const pieces = markup.toString().matchAll(/<(\/?)([a-z0-9]+)([^>]*)>|([^<]+)/g);
  for (const [, slash, name = "", written = "", words] of pieces) {
    if (words !== undefined) {
      const plain = textIn(words);
      text += isAsWritten ? plain.trim().replaceAll("\n", "⏎") : plain.replace(/\s+/g, " ");
      continue;
    }
    const isEnd = slash === "/";
    const attributes = attributesIn(written);
    if (name === "tr" || name === "dt" || name === "dd") rows += isEnd ? -1 : 1;
    if (name === "pre" || name === "textarea") isAsWritten = !isEnd;
    if (name === "tr" || (name === "dd" && isEnd) || ((name === "dt" || name === "label") && !isEnd))
      text += "\n";
    else if (name === "dd") text += ": ";
    else if (name === "br" || BLOCKS.has(name)) {
      if (rows === 0) text += "\n";
      else if (!/^\s*$|\/\s*$/.test(text.slice(cell))) text += " / ";
    }
    if (isEnd) {
      text += ends.get(name)?.pop() ?? "";
      continue;
    }
    text += `${HEADINGS[name] ?? ""}${told(attributes)}`;
    const [before, after] = around(name, attributes);
    text += before;
    if (["td", "th", "dt", "dd"].includes(name)) cell = text.length;
    ends.set(name, [...(ends.get(name) ?? []), after]);
  }
  return text.split("\n").map(tidy).filter(Boolean);
}

function around(
  name: string,
  { href, type, name: field, value = "", selected }: Attributes,
): [string, string] {
  switch (name) {
    case "a":
      return ["[", `](${href})`];
    case "button":
      return ["[", "]"];
    case "code":
      return ["`", "`"];
    case "td":
    case "th":
      return ["", " | "];
    case "label":
      return ["", ": "];
    case "select":
    case "textarea":
      return [`<${field}: `, ">"];
    case "option":
      return [selected === undefined ? "" : "*", `${value && ` (${value})`}, `];
    case "input":
      return [type === "hidden" ? `(${field}: ${value.replaceAll("\n", "⏎")})` : `<${field}: ${value}>`, ""];
    default:
      return ["", ""];
  }
}

type Attributes = Readonly<Record<string, string | undefined>>;

function attributesIn(written: string): Attributes {
  const found = written.matchAll(/([a-z-]+)(?:="([^"]*)")?/g);
  return Object.fromEntries(Array.from(found, ([, name = "", value = ""]) => [name, textIn(value)]));
}

function told(attributes: Attributes): string {
  const looks = (attributes.class ?? "").split(" ").filter((name) => LOOKS.includes(name));
  const said = TOLD.flatMap((name) => (attributes[name] === "" ? name : (attributes[name] ?? [])));
  return [...looks, ...said].map((word) => `{${word}}`).join("");
}

/** What is escaped in some markup, as it is read. */
export function textIn(markup: string): string {
  const characters: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', amp: "&" };
  return markup.replace(/&(?:#(\d+)|(\w+));/g, (_, code?: string, name = "") =>
    code === undefined ? (characters[name] ?? "") : String.fromCharCode(Number(code)),
  );
}

/** Without what stands between two things where one of them is missing. */
function tidy(line: string): string {
  return line
    .replace(/\s+/g, " ")
    .replace(/ \/(?= : | \|| ?$)/g, "")
    .replace(/ (?=: )|, (?=>)|[\s|]+$/g, "")
    .trim();
}

function isPage(page: Page | HtmlValue): page is Page {
  return typeof page === "object" && page !== null && "title" in page;
}

/** What a page has under one of its headings. */
export function under(page: Page | HtmlValue, heading: string): string[] {
  const lines = reading(page);
  const at = lines.indexOf(heading);
  if (at < 0) throw new Error(`${heading} isn't among ${lines.join("\n")}`);
  const [, level = ""] = /^(#+) /.exec(heading) ?? [];
  const isNext = (line: string): boolean => /^#+ /.test(line) && line.indexOf(" ") <= level.length;
  const length = lines.slice(at + 1).findIndex(isNext);
  return lines.slice(at + 1, length < 0 ? undefined : at + 1 + length);
}

/** The page reads like that; … stands for words that a test doesn't hold. */
export function reads(t: ExecutionContext, page: Page | HtmlValue, lines: readonly string[]): void {
  const read = reading(page);
  t.deepEqual(wherever(read, lines), lines);
}

/** What a page has beside another one (+), and what it hasn't (-). */
export function differs(
  t: ExecutionContext,
  [one, other]: readonly [Page | HtmlValue, Page | HtmlValue],
  lines: readonly string[],
  what?: string,
): void {
  const [before, after] = [reading(one), reading(other)];
  const found = [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
  t.deepEqual(wherever(found, lines), lines, what);
}

/** The lines as they are expected, wherever they are like that. */
function wherever(found: readonly string[], expected: readonly string[]): string[] {
  return found.map((line, i) => {
    const like = expected[i] ?? "";
    const parts = like.split("…").map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join(".*")}$`, "s").test(line) ? like : line;
  });
}
