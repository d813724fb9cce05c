import test from "ava";
import fc from "fast-check";
import { asSentence, oneLine } from "../../okta/one-line.ts";

test("text from outside becomes one line, with a space for each run of what nobody sees", (t) => {
  for (const [text, line] of [
    ["plain", "plain"],
    ["  two\r\n\t lines ", "two lines"],
    ["bell\u0007 and \u001b[31mred", "bell and [31mred"],
    ["turned \u202Earound", "turned around"],
    ["no\u200Bthing", "no thing"],
    ["half a \ud83d pair", "half a pair"],
    ["Zoë 😀", "Zoë 😀"],
    ["", ""],
    [" \n ", ""],
  ] as const)
    t.is(oneLine(text), line);
});

test("a line that is too long says that it goes on, without a gap", (t) => {
  t.is(oneLine("12345", 5), "12345");
  t.is(oneLine("123456", 5), "1234…");
  t.is(oneLine("123 56", 5), "123…");
  t.is(oneLine("1 3456", 5), "1 34…");
  t.is(oneLine("12 😀56", 5), "12…", "nor half a character");
  t.is(oneLine("12😀56", 5), "12😀…");
  t.is(oneLine("x".repeat(300)), "x".repeat(300));
  t.is(oneLine("x".repeat(301)), `${"x".repeat(299)}…`);
});

test("a line ends as a sentence does, with one full stop", (t) => {
  t.is(asSentence("No such scope"), "No such scope.");
  for (const line of ["No such scope.", "What scope?", "Stop!", "It goes on…"]) t.is(asSentence(line), line);
});

test("whatever the text, the line is bounded, has no odd character, and is its own line", (t) => {
  const texts = fc
    .array(fc.constantFrom("a", " ", "\n", "\u202E", "😀", "\ud83d", "…"))
    .map((of) => of.join(""));
  const law = fc.property(texts, fc.integer({ min: 1, max: 40 }), (text, most) => {
    const line = oneLine(text, most);
    return line.length <= most && line === line.trim() && oneLine(line, most) === line;
  });
  t.notThrows(() => fc.assert(law));
});
