import test from "ava";
import { html } from "../../../webhook/pages/html.ts";
import { layout, type Page } from "../../../webhook/pages/layout.ts";

const page = (changes: Partial<Page> = {}): string =>
  layout({ title: "Hello", body: html`<p>Body</p>`, ...changes }, "id-1");

/** What the document has at this place. */
const found = (pattern: RegExp, text: string): string | undefined => pattern.exec(text)?.[1];
const FRAME = html`<header>Frame</header>`;

test("a document has its title, its content, and the number to quote", (t) => {
  const text = page();
  t.is(found(/<title>(.*)<\/title>/, text), "Hello");
  t.regex(text, /<body class="single">\s*<main id="content">\s*<h1 dir="auto">Hello<\/h1>\n<p>Body<\/p>/);
  t.regex(text, /<footer>Request <code>id-1<\/code><\/footer>/);
  t.notRegex(text, /<script|http-equiv/);
  t.regex(text, /<link rel="icon" href="data:,">\n<style>\n:root [^<]*<\/style>\n\n<\/head>/);
});

test("whose page it is stands in the window's title, and above a page that has no frame", (t) => {
  const organization = "Acme";
  t.is(found(/<title>(.*)<\/title>/, page({ organization })), "Hello · Acme");
  t.regex(page({ organization }), /<main id="content">\n<p class="organization" dir="auto">Acme<\/p>\n<h1/);
  const framed = page({ organization, frame: FRAME });
  t.is(found(/<title>(.*)<\/title>/, framed), "Hello · Acme");
  t.regex(framed, /<header>Frame<\/header>\n<main id="content">\n\n<h1/);
  t.notRegex(page({ frame: FRAME }), /undefined|false/);
});

test("a page is as wide as its kind", (t) => {
  const kind = (changes: Partial<Page>) => found(/<body class="([^"]*)">/, page(changes));
  t.is(kind({}), "single");
  t.is(kind({ wide: true }), "single");
  t.is(kind({ frame: FRAME }), "framed");
  t.is(kind({ frame: FRAME, wide: true }), "framed wide");
});

test("scripts are our own, by their address; a page that goes on does so without one", (t) => {
  const text = page({ scripts: ["/a.js", "/b.js"] });
  t.deepEqual(text.match(/<script[^>]*>/g), [
    '<script type="module" src="/a.js">',
    '<script type="module" src="/b.js">',
  ]);
  t.is(
    found(/<meta http-equiv="refresh" content="([^"]*)">/, page({ goesOnTo: "https://a.example/?b&c" })),
    "0; url=https://a.example/?b&amp;c",
  );
});
