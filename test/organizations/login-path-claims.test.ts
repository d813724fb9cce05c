import test from "ava";
import fc from "fast-check";
import { oldestOf, presentHolderOf } from "../../organizations/login-path-claims.ts";
import { organization } from "./organization.ts";

test("the oldest of several organizations is the first; of two of the same second, the one with the smaller uid", (t) => {
  const first = organization("x/b", "acme");
  const second = organization("x/a", "acme", { created: "2026-01-01T00:00:01Z" });
  const twin = organization("x/c", "acme");
  t.is(oldestOf([second, first, twin]), first);
  t.is(oldestOf([second]), second);
  t.is(oldestOf([]), undefined);
});

test("everybody comes to the same first one, in whatever order they look", (t) => {
  const some = fc.uniqueArray(fc.tuple(fc.uuid(), fc.integer({ min: 0, max: 3 })), {
    selector: ([uid]) => uid,
    minLength: 1,
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(some, fc.nat(), (given, seed) => {
        const all = given.map(([uid, second]) =>
          organization(`x/${uid}`, "acme", { created: `2026-01-01T00:00:0${second}Z` }),
        );
        const turned = all.map((_, i) => all[(i + seed) % all.length]).filter((item) => item !== undefined);
        return oldestOf(all) === oldestOf(turned) && oldestOf(all) === oldestOf([...all].reverse());
      }),
    ),
  );
});

test("whoever isn't stored yet is younger than who is", (t) => {
  const stored = organization("x/z", "acme");
  const { creationTimestamp: _, ...metadata } = organization("x/a", "acme").metadata;
  t.is(oldestOf([{ ...stored, metadata }, stored]), stored);
});

test("where nothing is reserved, whoever is said to hold a path holds it, else the oldest", (t) => {
  const older = organization("a/older", "acme", { created: "2026-01-01T00:00:00Z" });
  const holder = organization("b/holder", "acme", { created: "2026-01-02T00:00:00Z", accepted: true });
  const moved = { ...organization("c/moved", "other", { accepted: true }), spec: older.spec };
  t.is(presentHolderOf([older, holder]), holder);
  t.is(presentHolderOf([older, moved]), older, "a status of another path says nothing of this one");
  t.is(presentHolderOf([]), undefined);
  const [accepted] = holder.status?.conditions ?? [];
  if (!accepted) return t.fail();
  const refused = { ...accepted, status: "False" as const };
  for (const conditions of [[refused], [{ ...accepted, type: "Ready" }, refused], []])
    t.is(presentHolderOf([older, { ...holder, status: { ...holder.status, conditions } }]), older);
  const { loginURI: _, ...without } = holder.status ?? {};
  t.is(presentHolderOf([older, { ...holder, status: without }]), older, "it says of no path");
});
