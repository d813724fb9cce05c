import test, { type ExecutionContext } from "ava";
import {
  ConflictError,
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  StatusWriter,
} from "../../../kubernetes/index.ts";
import { connect, log, newNamespace, sample } from "../api-server.ts";
import { type Gadget, gadgets, installGadgets } from "../gadgets.ts";

const owned = { fields: ["observedGeneration", "colour", "parts"], conditionTypes: ["Ready", "Valid"] };
const fine = { conditions: [conditionTrue("Ready", "Fine", "All is well.")] };

/** A gadget, and a writer of its status whose clock can be set. */
async function setUp(t: ExecutionContext) {
  const client = await connect(t);
  await installGadgets(client);
  const namespace = await newNamespace(t);
  const gadget = await client.create(gadgets, { metadata: { namespace, name: "x" }, spec: { size: 1 } });
  const clock = { now: new Date("2026-01-01T00:00:00Z") };
  const { metrics } = client;
  const writer = (fieldManager: string) =>
    new StatusWriter({ client, fieldManager, log, metrics, now: () => clock.now });
  const read = () => client.get(gadgets, gadget.metadata);
  const writes = () => sample(metrics, "kubernetes_client_requests_total", { verb: "apply" });
  return { client, gadget, clock, writer, read, writes };
}

const conditionsOf = ({ status }: Gadget) =>
  status?.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`);

test("a status is written with the generation that it is about", async (t) => {
  const { gadget, writer } = await setUp(t);
  const written = await writer("one").apply(gadgets, gadget, { ...fine, colour: "red" }, owned);
  t.deepEqual(written?.status, {
    colour: "red",
    observedGeneration: 1,
    conditions: [
      {
        type: "Ready",
        status: "True",
        reason: "Fine",
        message: "All is well.",
        observedGeneration: 1,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
  });
});

test("what is there already isn't written", async (t) => {
  const { gadget, writer, clock, writes, read } = await setUp(t);
  const status = { ...fine, colour: "red", parts: [{ name: "wheel" }] };
  const written = await writer("one").apply(gadgets, gadget, status, owned);
  clock.now = new Date("2026-06-01T00:00:00Z");
  t.is(await writer("one").apply(gadgets, written ?? gadget, status, owned), undefined);
  t.is(await writer("one").apply(gadgets, await read(), { ...status, nothing: undefined }, owned), undefined);
  t.is(await writes(), 1);
});

test("a status can be written only if nobody has written anything since the object was read", async (t) => {
  const { gadget, writer, read } = await setUp(t);
  const onlyIfUnchanged = true;
  const written = await writer("one").apply(gadgets, gadget, { ...fine, colour: "red" }, owned, {
    onlyIfUnchanged,
  });
  const late = writer("two").apply(gadgets, gadget, { ...fine, colour: "blue" }, owned, { onlyIfUnchanged });
  await t.throwsAsync(late, { instanceOf: ConflictError });
  t.deepEqual(await read(), written);
  await writer("two").apply(gadgets, await read(), { ...fine, colour: "blue" }, owned, { onlyIfUnchanged });
  t.is((await read()).status?.colour, "blue");
});

for (const [what, changed] of [
  ["a reason", { ...fine, conditions: [conditionTrue("Ready", "Other", "All is well.")] }],
  ["a message", { ...fine, conditions: [conditionTrue("Ready", "Fine", "All is very well.")] }],
  [
    "a condition more",
    { ...fine, conditions: [...fine.conditions, conditionUnknown("Valid", "Unknown", "?")] },
  ],
  ["a condition less", { conditions: [] }],
  ["a field", { ...fine, colour: "blue" }],
  ["a field less", { ...fine, colour: undefined }],
  ["a part of a field", { ...fine, parts: [{ name: "saddle" }] }],
] as const) {
  test(`a status is written when ${what} has changed`, async (t) => {
    const { gadget, writer, writes, read } = await setUp(t);
    const one = writer("one");
    const first = await one.apply(
      gadgets,
      gadget,
      { ...fine, colour: "red", parts: [{ name: "wheel" }] },
      owned,
    );
    const second = await one.apply(gadgets, first ?? gadget, changed, owned);
    t.is(await writes(), 2);
    t.deepEqual(second, await read());
    t.is(await one.apply(gadgets, second ?? gadget, changed, owned), undefined, "and then it is there");
  });
}

test("a status is written when the object has a new generation", async (t) => {
  const { client, gadget, writer, clock } = await setUp(t);
  await writer("one").apply(gadgets, gadget, fine, owned);
  const changed = await client.mergePatch(gadgets, gadget.metadata, { spec: { size: 2 } });
  clock.now = new Date("2026-06-01T00:00:00Z");
  const written = await writer("one").apply(gadgets, changed, fine, owned);
  t.is(written?.status?.observedGeneration, 2);
  t.like(written?.status?.conditions?.[0], {
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  });
});

test("two field managers keep each other's fields and conditions", async (t) => {
  const { gadget, writer, read } = await setUp(t);
  const [one, two] = [writer("one"), writer("two")];
  const ownedByOne = { fields: ["colour"], conditionTypes: ["Ready"] };
  const ownedByTwo = { fields: ["parts"], conditionTypes: ["Valid"] };
  const statusOfTwo = { conditions: [conditionFalse("Valid", "No", "")], parts: [{ name: "wheel" }] };
  await one.apply(gadgets, gadget, { ...fine, colour: "red" }, ownedByOne);
  await two.apply(gadgets, gadget, statusOfTwo, ownedByTwo); // from what it knew before the other's write
  const both = await read();
  t.deepEqual(conditionsOf(both), ["Ready True Fine", "Valid False No"]);
  t.like(both.status, { colour: "red", parts: [{ name: "wheel" }] });

  t.is(await one.apply(gadgets, both, { ...fine, colour: "red" }, ownedByOne), undefined);
  await one.apply(gadgets, both, { conditions: [] }, ownedByOne);
  const left = await read();
  t.deepEqual(conditionsOf(left), ["Valid False No"]);
  t.false("colour" in (left.status ?? {}));
  t.deepEqual(left.status?.parts, [{ name: "wheel" }]);
});

test("what somebody else has written of it is taken away, whether it is only theirs or theirs as well", async (t) => {
  const { gadget, writer, read, writes } = await setUp(t);
  const [one, other, two] = [writer("one"), writer("kubectl-edit"), writer("two")];
  const ownedByTwo = { conditionTypes: ["Elsewhere"] };
  await one.apply(gadgets, gadget, { ...fine, colour: "red" }, owned);
  await two.apply(gadgets, gadget, { conditions: [conditionTrue("Elsewhere", "Yes", "")] }, ownedByTwo);
  const theirs = {
    conditions: [conditionFalse("Valid", "No", "")],
    colour: "red",
    parts: [{ name: "wheel" }],
  };
  const spoilt = await other.apply(gadgets, gadget, theirs, owned);

  const mended = await one.apply(gadgets, spoilt ?? gadget, fine, owned);
  t.deepEqual(mended, await read());
  t.deepEqual(conditionsOf(mended ?? gadget), ["Elsewhere True Yes", "Ready True Fine"]);
  t.deepEqual(Object.keys(mended?.status ?? {}).sort(), ["conditions", "observedGeneration"]);
  const before = await writes();
  t.is(await one.apply(gadgets, await read(), fine, owned), undefined);
  t.is(await writes(), before, "and then there is nothing to write");
});

test("what was found out of an earlier generation is said of that one, and never over a later word", async (t) => {
  const { client, gadget, writer, read } = await setUp(t);
  const one = writer("one");
  const edited = await client.mergePatch(gadgets, gadget.metadata, { spec: { size: 2 } });
  const late = await one.apply(gadgets, edited, fine, owned, { generation: 1 });
  t.like(late?.status, { observedGeneration: 1, conditions: [{ type: "Ready", observedGeneration: 1 }] });
  const present = { conditions: [conditionFalse("Ready", "Bad", "")] };
  await one.apply(gadgets, await read(), present, owned);
  t.is(await one.apply(gadgets, await read(), fine, owned, { generation: 1 }), undefined);
  t.deepEqual(conditionsOf(await read()), ["Ready False Bad"]);
});

test("a condition that isn't owned is a mistake of the program", async (t) => {
  const { gadget, writer, writes } = await setUp(t);
  const status = { conditions: [conditionTrue("Elsewhere", "Yes", "")] };
  await t.throwsAsync(writer("one").apply(gadgets, gadget, status, owned), { instanceOf: TypeError });
  t.is(await writes(), 0);
});

test("an object that is gone needs no status", async (t) => {
  const { client, gadget, writer } = await setUp(t);
  await client.delete(gadgets, gadget.metadata);
  t.is(await writer("one").apply(gadgets, gadget, fine, owned), undefined);
});
