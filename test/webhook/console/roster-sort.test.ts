import test from "ava";
import fc from "fast-check";
import { USER_STATES } from "../../../webhook/console/roster-entry.ts";
import {
  COMPARE,
  formatCursor,
  type Position,
  parseCursor,
  ROSTER_SORTS,
  type RosterSort,
} from "../../../webhook/console/roster-sort.ts";

const place = (ref: string, more: Partial<Position> = {}): Position => ({
  ref,
  email: "",
  name: "",
  lastSignIn: 0,
  state: "Active",
  ...more,
});

/** Places in order: each comes before the next by what stands there, whatever the rest says. */
const IN_ORDER: Record<RosterSort, Position[]> = {
  email: [
    place("z", { email: "", name: "z", lastSignIn: 9, state: "Undecided" }),
    place("y", { email: "a", name: "y", lastSignIn: 8, state: "Deactivated" }),
    place("x", { email: "b", name: "x", lastSignIn: 7 }),
    place("y", { email: "b", name: "w", lastSignIn: 6 }),
  ],
  name: [
    place("z", { name: "", email: "c", lastSignIn: 9, state: "Undecided" }),
    place("y", { name: "a", email: "b", lastSignIn: 8, state: "Deactivated" }),
    place("x", { name: "b", email: "a", lastSignIn: 7 }),
    place("v", { name: "b", email: "b", lastSignIn: 6 }),
    place("w", { name: "b", email: "b", lastSignIn: 5 }),
  ],
  lastSignIn: [
    place("z", { lastSignIn: 0, email: "c", name: "c", state: "Undecided" }),
    place("x", { lastSignIn: 9, email: "b", name: "b", state: "Deactivated" }),
    place("y", { lastSignIn: 9, email: "a", name: "a" }),
    place("a", { lastSignIn: 10 }),
  ],
  state: [
    place("z", { state: "Active", email: "b", name: "c", lastSignIn: 9 }),
    place("w", { state: "Deactivated", email: "a", name: "b", lastSignIn: 8 }),
    place("u", { state: "Deactivated", email: "b", name: "a", lastSignIn: 7 }),
    place("v", { state: "Deactivated", email: "b", lastSignIn: 6 }),
    place("a", { state: "Undecided", email: "a" }),
  ],
};

test("users are sorted by what somebody asked for, and where that is the same by more, so that no two are in one place", (t) => {
  for (const sort of ROSTER_SORTS)
    for (const [i, a] of IN_ORDER[sort].entries())
      for (const [j, b] of IN_ORDER[sort].entries())
        t.is(Math.sign(COMPARE[sort](a, b)), Math.sign(i - j), `${sort} ${i} ${j}`);
});

const anyPlace = fc.record({
  ref: fc.string(),
  email: fc.string(),
  name: fc.string(),
  lastSignIn: fc.nat(),
  state: fc.constantFrom(...USER_STATES),
});
const anyOrder = fc.record({ sort: fc.constantFrom(...ROSTER_SORTS), descending: fc.boolean() });

test("a cursor leads to the place that it was made for, says nothing else of it, and is good for its own order alone", (t) => {
  fc.assert(
    fc.property(anyPlace, anyOrder, (at, order) => {
      const cursor = formatCursor(order, at);
      t.regex(cursor, /^[\w-]+$/, "as it can stand in an address");
      const found = parseCursor(order, cursor);
      t.is(COMPARE[order.sort](found, at), 0);
      for (const sort of ROSTER_SORTS)
        for (const descending of [true, false])
          if (sort !== order.sort || descending !== order.descending)
            t.throws(() => parseCursor({ sort, descending }, cursor), { code: "cursor-invalid" });
    }),
    { numRuns: 30, endOnFailure: true },
  );
  const at = place("acme/ada", {
    email: "ada@acme.example",
    name: "ada",
    lastSignIn: 7,
    state: "Deactivated",
  });
  const said = (sort: RosterSort) => {
    const { ref, ...rest } = parseCursor(
      { sort, descending: false },
      formatCursor({ sort, descending: false }, at),
    );
    t.is(ref, at.ref);
    return rest;
  };
  const nothing = { email: "", name: "", lastSignIn: 0, state: "Active" };
  t.deepEqual(said("email"), { ...nothing, email: at.email });
  t.deepEqual(said("name"), { ...nothing, name: "ada", email: at.email });
  t.deepEqual(said("lastSignIn"), { ...nothing, lastSignIn: 7 });
  t.deepEqual(said("state"), { ...nothing, state: "Deactivated", email: at.email });
});

test("what is no cursor is refused", (t) => {
  const written = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const wrong: [sort: RosterSort, cursor: string][] = [
    ["email", ""],
    ["email", "nonsense"],
    ["email", written(null)],
    ["email", written({ length: 4 })],
    ["email", written("email0ab")],
    ["email", written([])],
    ["email", written(["email", 0, "a"])],
    ["email", written(["email", 0, 1, "a"])],
    ["email", written(["email", false, "a", "b"])],
    ["email", written(["email", 0, "a", 1])],
    ["email", written(["email", 0, "a", "b", "c"])],
    ["name", written(["name", 0, "a", "b"])],
    ["name", written(["name", 0, "a", "b", 1])],
    ["name", written(["name", 0, "a", "b", "c", "d"])],
    ["state", written(["state", 0, "a", "Active"])],
    ["state", written(["state", 0, "a", "Active", "b", "c"])],
    ["state", written(["state", 0, "a", "active", "b"])],
    ["lastSignIn", written(["lastSignIn", 0, "a"])],
    ["lastSignIn", written(["lastSignIn", 0, "a", "7"])],
    ["lastSignIn", written(["lastSignIn", 0, "a", "Active", "b"])],
    ["lastSignIn", written(["lastSignIn", 0, "a", null])],
  ];
  for (const [sort, cursor] of wrong) {
    const error = t.throws(() => parseCursor({ sort, descending: false }, cursor), {
      code: "cursor-invalid",
    });
    t.like(error, { status: 400 }, cursor);
    t.regex(error?.message ?? "", /Begin at the first page/);
  }
});
