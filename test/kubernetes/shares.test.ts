import test from "ava";
import fc from "fast-check";
import { Shares } from "../../kubernetes/shares.ts";

test("law: it knows what each has, what all have, and who has the most", (t) => {
  const namespace = fc.constantFrom("a", "b", "c", "d");
  const step = fc.tuple(fc.constantFrom("add", "add", "add", "remove", "remove"), namespace);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const shares = new Shares();
      const counts: Record<string, number> = { a: 0, b: 0, c: 0, d: 0 };
      const check = () => {
        const most = Math.max(...Object.values(counts));
        for (const [each, count] of Object.entries(counts)) t.is(shares.of(each), count);
        t.is(
          shares.total,
          Object.values(counts).reduce((sum, count) => sum + count),
        );
        t.is(shares.most, most);
        if (most === 0) t.is(shares.largest, undefined);
        else t.is(counts[shares.largest ?? ""], most);
      };
      for (const [what, each] of steps) {
        const count = counts[each] ?? 0;
        if (what === "remove" && count === 0) continue;
        counts[each] = count + (what === "add" ? 1 : -1);
        if (what === "add") shares.add(each);
        else shares.remove(each);
        check();
      }
      shares.clear();
      for (const each of Object.keys(counts)) counts[each] = 0;
      check();
      for (const each of ["d", "c"]) {
        counts[each] = 1;
        shares.add(each);
        check();
      }
    }),
    { numRuns: 200 },
  );
});
