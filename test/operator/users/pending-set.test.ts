import test from "ava";
import { type Pending, PendingSet } from "../../../operator/users/pending-set.ts";

const lost: Pending = { cause: "GroupsGone", missing: [], who: "somebody" };

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

test("an approval that is taken back makes everybody wait again", (t) => {
  const set = setOf("a", "b");
  set.approve(set.last);
  t.is(set.size, 0);
  set.revoke();
  t.is(set.size, 2);
  t.is(set.approved, 0);
  t.is(set.digest, setOf("a", "b").digest);
});
