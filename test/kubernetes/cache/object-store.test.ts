import test from "ava";
import fc from "fast-check";
import { ObjectStore } from "../../../kubernetes/cache/object-store.ts";
import type { KubernetesObject } from "../../../kubernetes/index.ts";

interface Box extends KubernetesObject {
  colours: string[];
}

const box = (name: string, resourceVersion: number, colours: string[] = [], uid = name): Box => ({
  metadata: { name, uid, resourceVersion: String(resourceVersion) },
  colours,
});

const newStore = () =>
  new ObjectStore<Box>({ colour: ({ colours }) => colours, name: ({ metadata }) => [metadata.name] });

test("only what is newer replaces what is there, unless it is asked for", (t) => {
  const store = newStore();
  const [first, again, older] = [box("a", 5), box("a", 5), box("a", 4)];
  const same = box("a", 5, ["red"]);
  t.deepEqual(store.put(first), [{ kind: "added", key: "a", object: first }]);
  t.deepEqual(store.put(same), []);
  t.deepEqual(store.put(older), []);
  t.deepEqual(store.put(again, { evenIfOlder: true }), []);
  t.is(store.get("a"), first);
  t.deepEqual(store.put(same, { evenIfOlder: true }), [
    { kind: "updated", key: "a", object: same, previous: first },
  ]);
  t.deepEqual(store.put(older, { evenIfOlder: true }), [
    { kind: "updated", key: "a", object: older, previous: same },
  ]);
  t.is(store.get("a"), older);
  const anew = box("a", 9, [], "another");
  t.deepEqual(store.put(anew), [
    { kind: "deleted", key: "a", object: older },
    { kind: "added", key: "a", object: anew },
  ]);
  t.deepEqual([store.size, [...store.keys()], store.list()], [1, ["a"], [anew]]);
});

test("a deletion removes what isn't newer than it", (t) => {
  const store = newStore();
  t.deepEqual(store.remove("a"), []);
  const object = box("a", 5);
  store.put(object);
  t.deepEqual(store.remove("a", "4"), []);
  t.is(store.size, 1);
  t.deepEqual(store.remove("a", "5"), [{ kind: "deleted", key: "a", object }]);
  t.is(store.get("a"), undefined);
  store.put(object);
  t.is(store.remove("a").length, 1, "without a time, whatever is there");
});

test("an index that isn't there is a mistake of the program, which is told which there are", (t) => {
  const store = newStore();
  t.throws(() => store.by("size", "x"), { instanceOf: RangeError, message: /"size".*: colour, name$/ });
  t.throws(() => store.count("size", "x"), { instanceOf: RangeError });
});

test("law: an index finds those objects that have the value, each once, however many there are", (t) => {
  const colours = fc.array(fc.constantFrom("red", "blue"), { maxLength: 3 });
  const step = fc.record({ name: fc.nat({ max: 14 }), colours, remove: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
      const store = newStore();
      for (const [index, { name, colours, remove }] of steps.entries()) {
        if (remove) store.remove(`${name}`);
        else store.put(box(`${name}`, index, colours));
      }
      for (const colour of ["red", "blue", "green"]) {
        const expected = store.list().filter(({ colours }) => colours.includes(colour));
        const found = store.by("colour", colour);
        t.is(found.length, expected.length);
        t.true(expected.every((object) => found.includes(object)));
        t.is(store.count("colour", colour), expected.length);
      }
    }),
    { numRuns: 200 },
  );
});
