import test from "ava";
import fc from "fast-check";
import { Html, html } from "../../../webhook/pages/html.ts";
import { textIn } from "./reading.ts";

test("whatever a text is, it is read as it was written, in an element and in an attribute, and ends neither", (t) => {
  const texts = fc.stringMatching(/^[ -~äé😀]*$/u);
  fc.assert(
    fc.property(texts, (text) => {
      const page = String(html`<i title="${text}">${text}</i>`);
      const [, title = "", content = ""] = /^<i title="([^"<>'`]*)">([^"<>'`]*)<\/i>$/.exec(page) ?? [];
      t.is(textIn(title), text);
      t.is(textIn(content), text);
    }),
  );
});

test("each of the six characters that mean something is escaped", (t) => {
  t.is(String(html`${"&<>\"'`"}`), "&amp;&lt;&gt;&quot;&#39;&#96;");
});

test("a template shows lists one after the other, numbers as they are, and nothing for nothing", (t) => {
  t.is(String(html`a${[1, [2, "3"], html`<b>4</b>`]}z`), "a123<b>4</b>z");
  t.is(String(html`a${undefined}${null}${false}${""}${[]}${0}z`), "a0z");
});

test("a stylesheet that could end its element is refused", (t) => {
  t.is(String(Html.style("p > a { }")), "<style>p > a { }</style>");
  t.throws(() => Html.style("</style>"), { instanceOf: TypeError, message: /could end its element/ });
});
