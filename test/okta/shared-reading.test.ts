import test from "ava";
import { onBehalfOf } from "../../okta/owner.ts";
import { NoRoomError } from "../../okta/room.ts";
import { FailedReading, SharedReading } from "../../okta/shared-reading.ts";

/** A reading that several ask for, each of them with an outcome of its own. */
function scene() {
  const reading = new SharedReading<string>();
  const begun: string[] = [];
  const ask = (owner: string, name: string, outcome: () => Promise<string>): Promise<string> =>
    onBehalfOf(owner, () =>
      reading.read(() => {
        begun.push(name);
        return outcome();
      }),
    );
  return { begun, ask };
}

test("whoever asks while something is read has the same, also where that fails; then it is read anew", async (t) => {
  const { begun, ask } = scene();
  const value = async () => "1";
  t.deepEqual(await Promise.all(["a", "b", "a"].map((owner, i) => ask(owner, `${owner}${i}`, value))), [
    ...["1", "1", "1"],
  ]);
  t.deepEqual(begun.splice(0), ["a0"]);
  const broken = new Error("nobody answers");
  const outcomes = await Promise.allSettled(
    ["a", "b"].map((owner) => ask(owner, owner, () => Promise.reject(broken))),
  );
  t.deepEqual(
    outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason),
    [broken, broken],
  );
  t.deepEqual(begun, ["a"]);
});

test("where it fails for want of what the first may have, others read themselves, together, and the first's own don't", async (t) => {
  const { begun, ask } = scene();
  const lacks = new Error("it can't be read", { cause: new NoRoomError() });
  const outcomes = await Promise.allSettled([
    ask("a", "a", () => Promise.reject(lacks)),
    ask("a", "a once more", async () => "no"),
    ask("b", "b", async () => "1"),
    ask("c", "c", async () => "no"),
  ]);
  t.deepEqual(
    outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason)),
    [lacks, lacks, "1", "1"],
  );
  t.deepEqual(begun, ["a", "b"]);
});

test("that it has failed counts for all, unless it was for want of what one may have", (t) => {
  const failed = (error: Error) => onBehalfOf("a", () => new FailedReading(error, 0));
  const countsFor = (owner: string, reading: FailedReading<Error>) => onBehalfOf(owner, () => reading.counts);
  const broken = failed(new Error("nobody answers"));
  t.deepEqual([countsFor("a", broken), countsFor("b", broken), broken.counts], [true, true, true]);
  const lacks = failed(new NoRoomError());
  t.deepEqual([countsFor("a", lacks), countsFor("b", lacks), lacks.counts], [true, false, false]);
});
