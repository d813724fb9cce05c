import test from "ava";
import fc from "fast-check";
import { namesSummary, quotedNames, shownName } from "../../identity/shown-names.ts";

for (const [names, summary] of [
  [[], ""],
  [["service_admin"], "service_admin"],
  [["service_admin", "portal_admin"], "service_admin, portal_admin"],
  [["service_admin", "portal_admin", "a".repeat(40), "web"], "service_admin, portal_admin +2"],
  [["a".repeat(48)], "a".repeat(48)],
  [["a".repeat(23), "b".repeat(23)], `${"a".repeat(23)}, ${"b".repeat(23)}`],
  [["a".repeat(23), "b".repeat(24)], `${"a".repeat(23)} +1`],
  [["a".repeat(49)], `${"a".repeat(47)}…`],
  [["a".repeat(60), "web"], `${"a".repeat(44)}… +1`],
  [["😀".repeat(49)], `${"😀".repeat(47)}…`],
] as const)
  test(`${JSON.stringify(names)} is shown as ${JSON.stringify(summary)}`, (t) => {
    t.is(namesSummary(names), summary);
  });

test("two hundred groups are one short text that says how many there are", (t) => {
  const names = Array.from({ length: 200 }, (_, i) => `service_admin_${i}`);
  t.is(namesSummary(names), "service_admin_0, service_admin_1 +198");
});

test("names in a sentence are as many as it bears, each in quotes and as long as it bears, and how many more there are", (t) => {
  const names = ["web", "a\nb", "service_admin"];
  t.is(quotedNames([], { most: 2 }), "");
  t.is(quotedNames(names, { most: 3 }), '"web", "a\uFFFDb", "service_admin"');
  t.is(quotedNames(names, { most: 2 }), '"web", "a\uFFFDb" and 1 more');
  t.is(quotedNames(names, { most: 2, all: 9, longest: 2 }), '"w…", "a…" and 7 more');
  t.is(quotedNames(["x".repeat(300)], { most: 1 }), `"${"x".repeat(300)}"`);
});

test("what would garble a terminal is replaced", (t) => {
  t.is(shownName("red\u001b[31m\r\nnext\u2028line\u0000"), "red\uFFFD[31m\uFFFDnext\uFFFDline\uFFFD");
  t.is(shownName("\u202Egnp.admins\u2066x\u200B"), "\uFFFDgnp.admins\uFFFDx\uFFFD");
  t.is(shownName("half \uD83D"), "half \uFFFD");
  t.is(shownName("Zürich 東京 😀 (a & b)"), "Zürich 東京 😀 (a & b)");
});

test("whatever names there are, their summary is one short line that tells how many aren't shown", (t) => {
  const odd = fc.string({ unit: "binary", maxLength: 80 });
  fc.assert(
    fc.property(fc.array(odd, { maxLength: 600 }), (names) => {
      const summary = namesSummary(names);
      t.true([...summary].length <= 48, summary);
      t.notRegex(summary, /[\p{C}\p{Zl}\p{Zp}]/u);
      t.true(summary.isWellFormed());
    }),
  );
});
