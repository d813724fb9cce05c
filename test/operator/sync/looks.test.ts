import test from "ava";
import { agrees, isBelieved, LAG_MS, nextLook } from "../../../operator/sync/looks.ts";

const isActive = (status: string): boolean => status === "ACTIVE";
const seen = (status: string, ...ids: string[]) => ({ user: { id: "00u1", status }, groupIDs: new Set(ids) });

test("what an event said is compared group by group, and what it didn't say is anything", (t) => {
  t.true(agrees({}, seen("ACTIVE"), isActive));
  t.true(agrees({ joined: ["00g1"] }, seen("ACTIVE", "00g1", "00g2"), isActive));
  t.true(agrees({ left: ["00g1"] }, seen("ACTIVE", "00g2"), isActive));
  t.false(agrees({ left: ["00g1"] }, seen("ACTIVE", "00g1"), isActive));
  t.false(agrees({ joined: ["00g1", "00g2"] }, seen("ACTIVE", "00g1"), isActive));
  t.false(agrees({ active: false }, seen("ACTIVE"), isActive));
  t.true(agrees({ active: false, left: ["00g1"] }, seen("SUSPENDED"), isActive));
});

test("an answer that contradicts the event isn't believed, until Okta can't be behind any more", (t) => {
  t.false(isBelieved(0, false));
  t.false(isBelieved(29_999, false));
  t.true(isBelieved(LAG_MS, false));
  t.true(isBelieved(0, true));
});

test("while Okta is behind it is asked twice a second, then each second; once it agrees, twice more", (t) => {
  const times = (agreesAt: number): number[] => {
    const all = [0];
    for (let next = nextLook(0, agreesAt <= 0); next !== undefined; next = nextLook(next, next >= agreesAt))
      all.push(next);
    return all.map((ms) => ms / 1000);
  };
  t.deepEqual(times(0), [0, 5, 30]);
  t.deepEqual(times(3_000), [0, 0.5, 1, 1.5, 2, 2.5, 3, 5, 30]);
  t.deepEqual(times(7_000), [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 30]);
  t.deepEqual(times(Number.POSITIVE_INFINITY).slice(11), [6, 7, 8, 9, 10, 12, 15, 20, 25, 30]);
});
