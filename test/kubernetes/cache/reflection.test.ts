import test from "ava";
import fc from "fast-check";
import { ObjectStore } from "../../../kubernetes/cache/object-store.ts";
import { type ListInProgress, Reflection } from "../../../kubernetes/cache/reflection.ts";
import type { ObjectEvent, WatchEvent } from "../../../kubernetes/client/watch-stream.ts";
import { type Change, type KubernetesObject, keyOf } from "../../../kubernetes/index.ts";

interface Box extends KubernetesObject {
  data: { value: string };
}

const box = (name: string, resourceVersion: number, uid = name, value = ""): Box => ({
  metadata: { namespace: "team", name, uid, resourceVersion: String(resourceVersion) },
  data: { value },
});

/** A store that also remembers what it reported. */
function reflect(namespace?: string) {
  const store = new ObjectStore<Box>({ value: (object) => [object.data.value] });
  const reflection = new Reflection(store, namespace);
  const told: Change<Box>[] = [];
  const list = (items: Box[], resourceVersion: number) => {
    const list = reflection.beginList();
    told.push(...list.page(items, String(resourceVersion)), ...list.complete(String(resourceVersion)));
  };
  const event = (event: WatchEvent<Box>) => void told.push(...reflection.event(event));
  const observe = (object: Box) => void told.push(...reflection.observe(object));
  const versions = () =>
    Object.fromEntries(store.list().map((object) => [keyOf(object), object.metadata.resourceVersion]));
  const kinds = () => told.map(({ kind, key }) => `${kind} ${key}`);
  return { store, reflection, told, list, event, observe, versions, kinds };
}

test("a list that doesn't show an object any more deletes it", (t) => {
  const { list, kinds, versions } = reflect();
  list([box("a", 1), box("b", 2)], 3);
  list([box("b", 2)], 9);
  t.deepEqual(kinds(), ["added team/a", "added team/b", "deleted team/a"]);
  t.deepEqual(versions(), { "team/b": "2" });
});

test("a list that breaks off deletes nothing", (t) => {
  const { reflection, list, versions } = reflect();
  list([box("a", 1), box("b", 2)], 3);
  reflection.beginList().page([box("b", 2)], "9");
  t.deepEqual(versions(), { "team/a": "1", "team/b": "2" });
  t.is(reflection.resourceVersion, "3");
});

test("a list of one namespace leaves the others alone", (t) => {
  const store = new ObjectStore<Box>({});
  const [one, other] = [new Reflection(store, "team"), new Reflection(store, "team-2")];
  other.beginList().page([{ ...box("a", 1), metadata: { namespace: "team-2", name: "a", uid: "x" } }], "1");
  one.beginList().complete("5");
  t.is(store.size, 1);
});

test("an object that was deleted and created again in a gap is told as both", (t) => {
  const { list, told } = reflect();
  list([box("a", 1, "old")], 1);
  list([box("a", 7, "new")], 9);
  t.deepEqual(
    told.map(({ kind, object }) => [kind, object.metadata.uid]),
    [
      ["added", "old"],
      ["deleted", "old"],
      ["added", "new"],
    ],
  );
});

test("a doubled event is told once", (t) => {
  const { list, event, kinds } = reflect();
  list([], 1);
  event({ type: "ADDED", object: box("a", 2) });
  event({ type: "ADDED", object: box("a", 2) });
  event({ type: "MODIFIED", object: box("a", 3) });
  event({ type: "MODIFIED", object: box("a", 3) });
  event({ type: "DELETED", object: box("a", 4) });
  event({ type: "DELETED", object: box("a", 4) });
  t.deepEqual(kinds(), ["added team/a", "updated team/a", "deleted team/a"]);
});

test("what we wrote is there at once, and the watch doesn't tell it again", (t) => {
  const { list, observe, event, kinds, versions } = reflect();
  list([box("a", 1)], 1);
  observe(box("a", 5));
  t.deepEqual(versions(), { "team/a": "5" });
  event({ type: "MODIFIED", object: box("a", 3) }); // an older one that was still on its way
  event({ type: "MODIFIED", object: box("a", 5) });
  t.deepEqual(versions(), { "team/a": "5" });
  t.deepEqual(kinds(), ["added team/a", "updated team/a"]);
});

test("the answer to a write that arrives after the object's deletion doesn't bring it back", (t) => {
  const { list, observe, event, versions } = reflect();
  list([box("a", 1)], 1);
  event({ type: "MODIFIED", object: box("a", 5) });
  event({ type: "DELETED", object: box("a", 6) });
  observe(box("a", 5));
  t.deepEqual(versions(), {});
});

test("an older incarnation's deletion doesn't remove what we have created since", (t) => {
  const { list, observe, event, versions } = reflect();
  list([box("a", 1, "old")], 1);
  observe(box("a", 9, "new"));
  event({ type: "DELETED", object: box("a", 8, "old") });
  t.deepEqual(versions(), { "team/a": "9" });
  event({ type: "DELETED", object: box("a", 10, "new") });
  t.deepEqual(versions(), {});
});

test("what we wrote after the list was made stays; what we wrote before it follows the list", (t) => {
  const { list, observe, versions } = reflect();
  list([], 1);
  observe(box("a", 7));
  observe(box("b", 9));
  list([], 7);
  t.deepEqual(versions(), { "team/b": "9" });
  list([], 10);
  t.deepEqual(versions(), {});
});

test("a server that went back in time is followed", (t) => {
  const { list, observe, versions } = reflect();
  list([box("a", 90), box("b", 95)], 100);
  observe(box("c", 110));
  list([box("a", 40)], 50);
  t.deepEqual(versions(), { "team/a": "40" });
});

test("a streaming list is complete at its end only, whatever happens while it is on its way", (t) => {
  const { reflection, list, versions, told } = reflect();
  list([box("a", 1), box("b", 2), box("c", 3)], 4);
  const stream = reflection.beginList();
  const item = (event: ObjectEvent<Box>) => void told.push(...stream.item(event));
  item({ type: "ADDED", object: box("b", 2) });
  item({ type: "ADDED", object: box("d", 7) });
  item({ type: "MODIFIED", object: box("b", 9) });
  item({ type: "DELETED", object: box("d", 10) });
  t.deepEqual(versions(), { "team/a": "1", "team/b": "9", "team/c": "3" });
  t.is(reflection.resourceVersion, "4");
  stream.complete("10");
  t.deepEqual(versions(), { "team/b": "9" });
  t.is(reflection.resourceVersion, "10");
});

test("a streaming list of a server that went back in time is read again, without what was lost", (t) => {
  const { reflection, list, observe, versions } = reflect();
  list([box("a", 90)], 100);
  observe(box("a", 110));
  const first = reflection.beginList();
  first.item({ type: "ADDED", object: box("a", 40) });
  t.throws(() => first.complete("50"), { message: /back in time/ });
  const second = reflection.beginList();
  second.item({ type: "ADDED", object: box("a", 40) });
  second.complete("50");
  t.deepEqual(versions(), { "team/a": "40" });
});

test("after a server went back in time, what only the lost part knew is gone, and own writes are read again", (t) => {
  const { reflection, list, observe, versions } = reflect();
  list([box("a", 90)], 100);
  const broken = reflection.beginList();
  broken.item({ type: "MODIFIED", object: box("a", 101) });
  observe(box("c", 110));
  const stream = reflection.beginList();
  stream.item({ type: "ADDED", object: box("a", 40) });
  stream.complete("50");
  t.deepEqual(versions(), { "team/a": "40" });
  observe(box("a", 60));
  t.deepEqual(versions(), { "team/a": "60" });
});

test("an index finds few and many, and forgets each by itself", (t) => {
  const { store, list, event } = reflect();
  const names = Array.from({ length: 20 }, (_, i) => `n${i}`);
  list(
    names.map((name, i) => box(name, i + 1, name, "x")),
    30,
  );
  for (const [i, name] of names.entries()) {
    t.is(store.by("value", "x").length, names.length - i);
    t.is(store.count("value", "x"), names.length - i);
    event({ type: "DELETED", object: box(name, 31 + i, name, "x") });
    t.false(store.by("value", "x").some(({ metadata }) => metadata.name === name));
  }
  t.deepEqual(store.by("value", "x"), []);
});

test("an index follows changes and forgets what is gone", (t) => {
  const { store, list, event } = reflect();
  list([box("a", 1, "a", "x"), box("b", 2, "b", "x")], 3);
  t.deepEqual(store.by("value", "x").map(keyOf), ["team/a", "team/b"]);
  event({ type: "MODIFIED", object: box("a", 4, "a", "y") });
  event({ type: "DELETED", object: box("b", 5, "b", "x") });
  t.deepEqual(store.by("value", "x"), []);
  t.deepEqual(store.by("value", "y").map(keyOf), ["team/a"]);
  t.throws(() => store.by("colour", "x"), { instanceOf: RangeError });
});

test("a list of one namespace deletes what is gone there", (t) => {
  const { list, kinds, versions } = reflect("team");
  list([box("a", 1), box("b", 2)], 3);
  list([box("b", 2)], 9);
  t.deepEqual(versions(), { "team/b": "2" });
  t.is(kinds().at(-1), "deleted team/a");
});

test("what is known goes up to the latest event, bookmark or list, and own writes may be newer", (t) => {
  const { reflection, list, event, observe } = reflect();
  const known = () => [reflection.resourceVersion, reflection.newest];
  t.deepEqual(known(), [undefined, undefined]);
  list([box("a", 1)], 3);
  t.deepEqual(known(), ["3", "3"]);
  event({ type: "MODIFIED", object: box("a", 5) });
  t.deepEqual(known(), ["5", "5"]);
  t.deepEqual(reflection.event({ type: "BOOKMARK", resourceVersion: "8" }), []);
  t.deepEqual(known(), ["8", "8"]);
  observe(box("a", 12));
  observe(box("b", 10));
  observe(box("c", 11));
  t.deepEqual(known(), ["8", "12"]);
  event({ type: "BOOKMARK", resourceVersion: "20" });
  t.deepEqual(known(), ["20", "20"]);
});

test("what the list has told already is neither an event nor news of our own", (t) => {
  const { list, event, observe, kinds } = reflect();
  list([], 5);
  event({ type: "ADDED", object: box("a", 5) });
  observe(box("b", 5));
  t.deepEqual(kinds(), []);
  observe({ metadata: { namespace: "team", name: "c" }, data: { value: "" } });
  t.deepEqual(kinds(), [], "nor what has no resourceVersion");
  event({ type: "DELETED", object: box("unknown", 6) });
  t.deepEqual(kinds(), []);
});

test("our own write stays over everything older that comes after it, until it is told", (t) => {
  const { list, event, observe, versions } = reflect();
  list([box("a", 1)], 1);
  observe(box("a", 9));
  event({ type: "MODIFIED", object: box("a", 3) });
  event({ type: "BOOKMARK", resourceVersion: "4" });
  list([box("a", 3)], 5);
  t.deepEqual(versions(), { "team/a": "9" });
  list([], 6); // it was deleted before, and created by us
  t.deepEqual(versions(), { "team/a": "9" });
  event({ type: "BOOKMARK", resourceVersion: "9" });
  list([box("a", 8)], 10);
  t.deepEqual(versions(), { "team/a": "8" });
});

test("pages of a server that went back in time replace what we wrote in the lost part", (t) => {
  const { list, observe, versions } = reflect();
  list([box("a", 90)], 100);
  observe(box("a", 110));
  list([box("a", 40)], 50);
  t.deepEqual(versions(), { "team/a": "40" });
});

test("a list is believed, whatever its versions; what it repeats is no news", (t) => {
  const { store, reflection, list, observe, versions, kinds } = reflect();
  const values = () => store.list().map(({ data }) => data.value);
  list([box("a", 5, "a", "lost")], 100);
  observe(box("b", 110, "b", "lost"));
  reflection.wentBack();
  t.is(reflection.resourceVersion, undefined);
  t.is(reflection.newest, undefined);
  list([box("a", 5, "a", "again"), box("b", 6, "b", "again")], 104);
  t.deepEqual(values(), ["again", "again"]);
  t.deepEqual(versions(), { "team/a": "5", "team/b": "6" });
  const told = kinds().length;
  list([box("a", 5, "a", "again"), box("b", 6, "b", "otherwise")], 105);
  t.deepEqual(values(), ["again", "otherwise"], "also where the server had overtaken what is known");
  t.deepEqual(kinds().slice(told), ["updated team/b"]);
  const stream = reflection.beginList();
  stream.item({ type: "ADDED", object: box("a", 5, "a", "at last") });
  t.deepEqual(values(), ["at last", "otherwise"]);
});

test("while a list is streaming, our own write is taken unless the stream has passed it", (t) => {
  const { reflection, observe, versions } = reflect();
  const stream = reflection.beginList();
  stream.item({ type: "ADDED", object: box("a", 9) });
  observe(box("b", 5));
  t.deepEqual(versions(), { "team/a": "9", "team/b": "5" }, "what is there already tells of itself alone");
  stream.item({ type: "DELETED", object: box("b", 12) });
  observe(box("b", 11));
  t.deepEqual(versions(), { "team/a": "9" });
  observe(box("c", 13));
  t.deepEqual(versions(), { "team/a": "9", "team/c": "13" });
});

/** Steps of a world that changes, a reflection that follows it, and a writer that observes its own writes. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("write" as const), name: fc.constantFrom("a", "b", "c") }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("delete" as const), name: fc.constantFrom("a", "b", "c") }),
  },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("deliver" as const), count: fc.nat({ max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), back: fc.nat({ max: 6 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("observe" as const), back: fc.nat({ max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("list" as const), streams: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("page" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("break" as const) }) },
);

test("whatever comes in whatever order, the store ends as the world is and every change is told once", (t) => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), (steps) => {
      const { store, reflection, told, event, observe } = reflect();
      const world = new Map<string, Box>();
      const history: WatchEvent<Box>[] = [];
      const writes: Box[] = [];
      let revision = 1;
      let listing: { list: ListInProgress<Box>; streams: boolean; rest: Box[]; at: number } | undefined;
      let watching = false;

      const position = () => Number(reflection.resourceVersion ?? 0);
      const revisionOf = (event: WatchEvent<Box>) =>
        Number(event.type === "BOOKMARK" ? event.resourceVersion : event.object.metadata.resourceVersion);
      const missed = () => history.filter((event) => revisionOf(event) > position());
      const beginList = (streams: boolean) => {
        listing = { list: reflection.beginList(), streams, rest: [...world.values()], at: revision };
        watching = false;
      };
      const page = () => {
        if (!listing) return;
        const { list, streams, rest, at } = listing;
        if (streams) {
          // What there was when it began, then what has happened since.
          const object = rest.shift();
          const next = history.find((event) => revisionOf(event) > at);
          if (object) told.push(...list.item({ type: "ADDED", object }));
          else if (next && next.type !== "BOOKMARK") told.push(...list.item(next));
          if (object) return;
          if (next) {
            listing.at = revisionOf(next);
            return;
          }
        } else {
          told.push(...list.page(rest.splice(0, 1), String(at)));
          if (rest.length > 0) return;
        }
        told.push(...list.complete(String(at)));
        listing = undefined;
        watching = true;
      };

      for (const step of steps) {
        switch (step.kind) {
          case "write": {
            revision++;
            const uid = world.get(step.name)?.metadata.uid ?? `${step.name}${revision}`;
            const object = box(step.name, revision, uid);
            history.push({ type: world.has(step.name) ? "MODIFIED" : "ADDED", object });
            world.set(step.name, object);
            writes.push(object);
            break;
          }
          case "delete": {
            const object = world.get(step.name);
            if (!object) break;
            revision++;
            world.delete(step.name);
            history.push({ type: "DELETED", object: box(step.name, revision, object.metadata.uid) });
            break;
          }
          case "deliver":
            if (watching) for (const one of missed().slice(0, step.count)) event(one);
            break;
          case "repeat": {
            const seen = history.filter((event) => revisionOf(event) <= position());
            const again = seen.at(-1 - step.back);
            if (watching && again) event(again);
            break;
          }
          case "observe": {
            const object = writes.at(-1 - step.back);
            if (object) observe(object);
            break;
          }
          case "list":
            beginList(step.streams);
            break;
          case "page":
            page();
            break;
          case "break":
            listing = undefined;
            break;
        }
      }
      if (!watching) {
        beginList(true);
        while (listing) page();
      }
      for (const one of missed()) event(one);

      const ids = (objects: Iterable<Box>) =>
        [...objects].map(({ metadata }) => [metadata.name, metadata.uid, metadata.resourceVersion]).sort();
      t.deepEqual(ids(store.list()), ids(world.values()));

      const added = told.filter(({ kind }) => kind === "added").map(({ object }) => object.metadata.uid);
      t.is(new Set(added).size, added.length, "added twice");
      const replayed = new Map<string, Box>();
      for (const change of told) {
        const before = replayed.get(change.key);
        if (change.kind === "added") t.is(before, undefined, "added while there");
        if (change.kind === "updated") t.is(before?.metadata.uid, change.object.metadata.uid);
        if (change.kind === "updated" && before) {
          t.is(change.previous, before);
          t.true(Number(change.object.metadata.resourceVersion) > Number(before.metadata.resourceVersion));
        }
        if (change.kind === "deleted") t.truthy(before, "deleted while gone");
        if (change.kind === "deleted") replayed.delete(change.key);
        else replayed.set(change.key, change.object);
      }
      t.deepEqual(ids(replayed.values()), ids(world.values()));
    }),
    { numRuns: 2_000 },
  );
});
