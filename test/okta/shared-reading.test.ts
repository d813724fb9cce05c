import test from "ava";
import { onBehalfOf } from "../../okta/owner.ts";
import { NoRoomError } from "../../okta/room.ts";
import { FailedReadings, SharedReading } from "../../okta/shared-reading.ts";

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

test("where it fails for want of what the first may have, each of the others reads for itself, and waits for nobody else", async (t) => {
  const { begun, ask } = scene();
  const lacks = new Error("it can't be read", { cause: new NoRoomError() });
  const slow = Promise.withResolvers<string>();
  const asked = [
    ask("a", "a", () => Promise.reject(lacks)),
    ask("a", "a once more", async () => "no"),
    ask("b", "b", () => slow.promise),
    ask("b", "b once more", async () => "no"),
    ask("c", "c", async () => "of c"),
  ];
  t.is(await asked[4], "of c");
  t.deepEqual(begun, ["a", "b", "c"]);
  const later = ask("b", "b later", async () => "no");
  slow.resolve("of b");
  const outcomes = await Promise.allSettled([...asked, later]);
  t.deepEqual(
    outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : outcome.reason)),
    [lacks, lacks, "of b", "of b", "of c", "of b"],
  );
  t.is(await ask("b", "b anew", async () => "anew"), "anew");
});

test("that it has failed counts for all, unless it was for want of what one may have, and until it succeeds", (t) => {
  const failures = new FailedReadings<Error>();
  const by = <T>(owner: string, work: () => T) => onBehalfOf(owner, work);
  const seen = () => [by("a", () => failures.last?.at), by("b", () => failures.last?.at), failures.last?.at];
  by("a", () => failures.failed(new NoRoomError(), 1));
  t.deepEqual(seen(), [1, undefined, undefined]);
  by("b", () => failures.failed(new Error("nobody answers"), 2));
  t.deepEqual(seen(), [2, 2, 2]);
  by("b", () => failures.failed(new NoRoomError(), 3));
  t.deepEqual(seen(), [2, 3, 2], "each has its own beside that of all");
  failures.failed(new NoRoomError(), 4);
  t.deepEqual(seen(), [4, 4, 4], "nobody's in particular");
  failures.succeeded();
  t.deepEqual(seen(), [undefined, undefined, undefined]);
});
