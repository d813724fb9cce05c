import test from "ava";
import fc from "fast-check";
import { type Pending, PendingSet } from "../../../operator/users/pending-set.ts";

const lost: Pending = {
  cause: "GroupsGone",
  isDeactivated: true,
  adminRoles: [],
  missing: [],
  who: "somebody",
};
const demoted: Pending = { ...lost, isDeactivated: false, adminRoles: ["organization-admin"] };

function setOf(...refs: string[]): PendingSet {
  const set = new PendingSet();
  for (const ref of refs) set.set(ref, lost);
  return set;
}

test("the digest says who waits, in whatever order they came and whoever came and went", (t) => {
  const set = setOf("a", "b", "c");
  t.is(set.digest, setOf("c", "a", "b").digest);
  t.not(set.digest, setOf("a", "b", "d").digest);
  set.set("d", lost);
  t.not(set.digest, setOf("a", "b", "c").digest);
  set.delete("d");
  t.is(set.digest, setOf("a", "b", "c").digest);
});

test("an approval is for those who had come by then; who comes later, or again, waits", (t) => {
  const set = setOf("a", "b");
  const offered = set.last;
  set.set("c", lost);
  set.delete("b");
  set.set("b", lost);
  set.approve(offered);
  t.deepEqual(
    ["a", "b", "c"].map((ref) => set.isApproved(ref)),
    [true, false, false],
  );
  t.is(set.size, 2);
  t.is(set.digest, setOf("b", "c").digest);
  set.delete("a");
  set.set("a", lost);
  t.false(set.isApproved("a"), "what was carried out is used up");
});

test("whoever is to lose something else by now has come as somebody new", (t) => {
  const set = setOf("a", "b");
  set.set("b", demoted);
  t.is(set.size, 2);
  t.is(set.deactivated, 1);
  t.not(set.digest, setOf("a", "b").digest);
  t.deepEqual(set.losingRole("organization-admin", 10), [["somebody"], 1]);
  set.approve(set.last);
  set.set("a", lost);
  set.set("b", lost);
  t.true(set.isApproved("a"), "nothing has changed for them");
  t.false(set.isApproved("b"), "of whom was approved that they lose less");
  t.deepEqual([...set.adminRoles], []);
});

test("an approval that is taken back makes everybody wait again", (t) => {
  const set = setOf("a", "b");
  set.approve(set.last);
  t.is(set.size, 0);
  t.is([...set.revoke()].length, 2, "one by one, so that others can run in between");
  t.is(set.size, 2);
  t.is(set.approved, 0);
  t.is(set.digest, setOf("a", "b").digest);
});

const REFS = ["a", "b", "c", "d"];
const ref = fc.constantFrom(...REFS);
const pending: fc.Arbitrary<Pending> = fc
  .record({
    cause: fc.constantFrom<Pending["cause"]>("GroupsGone", "MappingsChanged"),
    isDeactivated: fc.boolean(),
    adminRoles: fc.subarray(["owner", "admin"]),
    missing: fc.subarray(["editors", "viewers"]),
    who: fc.constantFrom("ada", "ben"),
  })
  .filter(({ isDeactivated, adminRoles }) => isDeactivated || adminRoles.length > 0);
const step = fc.oneof(
  fc.record({ set: ref, pending }),
  fc.record({ delete: ref }),
  fc.record({ approve: fc.nat(12) }),
  fc.constant({ revoke: true as const }),
);

function made(people: ReadonlyMap<string, Pending>): PendingSet {
  const set = new PendingSet();
  for (const [ref, pending] of people) set.set(ref, pending);
  return set;
}

const takenBy = ({ isDeactivated, adminRoles }: Pending): string =>
  isDeactivated ? "everything" : adminRoles.join();

/** As slow as it is plain: who waits since which number, and who is approved. */
class Model {
  readonly waiting = new Map<string, Pending & { number: number }>();
  readonly approved = new Map<string, Pending>();
  last = 0;

  set(ref: string, pending: Pending): void {
    const known = this.waiting.get(ref) ?? this.approved.get(ref);
    if (known && takenBy(known) !== takenBy(pending)) this.delete(ref);
    if (this.approved.has(ref)) return;
    const number = this.waiting.get(ref)?.number ?? ++this.last;
    this.waiting.set(ref, { ...pending, number });
  }

  delete(ref: string): void {
    this.waiting.delete(ref);
    this.approved.delete(ref);
  }

  approve(upTo: number): void {
    for (const [ref, { number, ...pending }] of this.waiting)
      if (number <= upTo) {
        this.waiting.delete(ref);
        this.approved.set(ref, pending);
      }
  }

  revoke(): void {
    const taken = [...this.approved];
    this.approved.clear();
    for (const [ref, pending] of taken) this.set(ref, pending);
  }

  counts(of: (pending: Pending) => readonly string[]): [string, number][] {
    const all = [...this.waiting.values()].flatMap(of);
    return [...new Set(all)].sort().map((key) => [key, all.filter((each) => each === key).length]);
  }
}

test("law: whatever happens to it, what it tells is what a walk through everybody finds", (t) => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const set = new PendingSet();
      const model = new Model();
      for (const step of steps) {
        if ("set" in step) {
          set.set(step.set, step.pending);
          model.set(step.set, step.pending);
        } else if ("delete" in step) {
          set.delete(step.delete);
          model.delete(step.delete);
        } else if ("approve" in step) {
          set.approve(step.approve);
          model.approve(step.approve);
        } else {
          for (const _ of set.revoke());
          model.revoke();
        }
        t.is(set.size, model.waiting.size);
        t.is(set.approved, model.approved.size);
        t.is(set.last, model.last);
        t.deepEqual(set.refs().sort(), [...model.waiting.keys(), ...model.approved.keys()].sort());
        for (const ref of REFS) t.is(set.isApproved(ref), model.approved.has(ref));
        t.is(set.digest, made(model.waiting).digest);
        t.is(set.deactivated, [...model.waiting.values()].filter((each) => each.isDeactivated).length);
        t.deepEqual(
          Array.from(set.adminRoles, (role) => [role, set.losingRole(role, 0)[1]]).sort(),
          model.counts(({ adminRoles }) => adminRoles),
        );
        t.deepEqual(
          [...set.causes].sort(),
          model.counts(({ cause }) => [cause]),
        );
        t.deepEqual(
          [...set.missing].sort(),
          model.counts(({ missing }) => missing),
        );
        t.deepEqual(set.some(9).sort(), [...model.waiting.values()].map(({ who }) => who).sort());
        t.is(set.some(1).length, Math.min(1, model.waiting.size));
      }
    }),
  );
});

test("law: while approvals are taken back one by one, others come and go; in the end nobody is approved", (t) => {
  const change = fc.oneof(fc.record({ set: ref, pending }), fc.record({ delete: ref }));
  fc.assert(
    fc.property(fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 12 }), (meanwhile) => {
      const set = setOf(...REFS);
      const now = new Map(REFS.map((ref) => [ref, lost]));
      set.approve(set.last);
      const offered = set.last;
      for (const _ of set.revoke()) {
        for (const change of meanwhile.shift() ?? []) {
          if ("set" in change) {
            // Of whoever is approved still, nothing is told but what was approved.
            const isKept = set.isApproved(change.set) && takenBy(change.pending) === takenBy(lost);
            set.set(change.set, change.pending);
            if (!isKept) now.set(change.set, change.pending);
          } else {
            set.delete(change.delete);
            now.delete(change.delete);
          }
        }
      }
      t.is(set.approved, 0);
      t.is(set.digest, made(now).digest);
      set.approve(offered);
      t.is(set.approved, 0, "they have come as somebody new: what was offered before isn't for them");
    }),
  );
});
