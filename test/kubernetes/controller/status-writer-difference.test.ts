import test, { type ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { apiError, ConflictError, NotFoundError } from "../../../kubernetes/client/errors.ts";
import {
  type Condition,
  conditionFalse,
  conditionTrue,
  type DesiredStatus,
  type KubernetesObject,
  type OwnedStatus,
  type StatusOptions,
  StatusWriter,
  type StatusWriterOptions,
} from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { sample } from "../api-server.ts";
import { gadgets } from "../gadgets.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

const condition = (type: string, more: Partial<Condition> = {}): Condition => ({
  type,
  status: "True",
  reason: "Fine",
  message: "All is well.",
  observedGeneration: 3,
  lastTransitionTime: "2025-01-01T00:00:00Z",
  ...more,
});

const FINE = conditionTrue("Ready", "Fine", "All is well.");
const OWNED: OwnedStatus = {
  fields: ["observedGeneration", "colour", "conditions"],
  conditionTypes: ["Ready", "Valid"],
};

interface Written {
  apply?: unknown;
  patch?: unknown;
}

/**
 * Writes a status to an object that has this one. Server-side apply leaves what others wrote: the answer is what `merged`
 * says, or the status as it was applied.
 */
async function write(
  t: ExecutionContext,
  status: unknown,
  desired: DesiredStatus,
  owned: OwnedStatus = OWNED,
  {
    merged,
    fail,
    failPatch,
    ...options
  }: StatusOptions & { merged?: unknown; fail?: Error; failPatch?: Error } = {},
) {
  const metadata = { namespace: "team", name: "x", generation: 3, resourceVersion: "7" };
  const object: KubernetesObject & { status?: unknown } = {
    metadata,
    ...(status !== undefined && { status }),
  };
  const written: Written = {};
  const asked: unknown[] = [];
  const after = { ...metadata, resourceVersion: "8" };
  const client = {
    apply: async (_type: unknown, body: { status: object }, options: unknown) => {
      if (fail) throw fail;
      written.apply = body;
      asked.push(options);
      return { metadata: after, status: merged ?? body.status };
    },
    mergePatch: async (_type: unknown, key: string, patch: unknown, options: unknown) => {
      if (failPatch) throw failPatch;
      written.patch = patch;
      asked.push(key, options);
      return { metadata: after, status: "patched" };
    },
  } as unknown as StatusWriterOptions["client"]; // generic in the type of the object
  const { log, lines } = logLines();
  log.level = "debug";
  const metrics = new Registry();
  const writer = new StatusWriter({ client, fieldManager: "test", log, metrics, now: () => NOW });
  const result = await writer.apply(gadgets, object, desired, owned, options);
  const counted = (result: string) =>
    sample(metrics, "controller_status_writes_total", { resource: "gadgets", result });
  const counts = await Promise.all(["written", "unchanged", "gone"].map(counted));
  t.is(
    counts.reduce((sum, count) => sum + count, 0),
    1,
  );
  return { result, written, asked, counts, lines };
}

const THERE = { observedGeneration: 3, colour: "red", conditions: [condition("Ready")] };
const DESIRED = { colour: "red", conditions: [FINE] };

test("what is there already isn't written, whatever else is there", async (t) => {
  const others = { size: 7, conditions: [condition("Elsewhere"), condition("Ready")] };
  const table: [status: unknown, desired: DesiredStatus, owned?: OwnedStatus][] = [
    [THERE, DESIRED],
    [{ ...THERE, ...others }, DESIRED],
    [THERE, { ...DESIRED, nobodys: "x" }],
    [
      { ...THERE, colour: undefined },
      { conditions: [FINE], colour: undefined },
    ],
    [
      { colour: { a: [1, { b: null }] } },
      { colour: { a: [1, { b: null, c: undefined }] } },
      { fields: ["colour"] },
    ],
    [undefined, {}, {}],
    [null, {}, {}],
    ["odd", {}, { conditionTypes: ["Ready"] }],
    [{ conditions: "odd" }, {}, { conditionTypes: ["Ready"] }],
    [
      { conditions: [condition("Valid"), condition("Ready")] },
      { conditions: [FINE, conditionTrue("Valid", "Fine", "All is well.")] },
      { conditionTypes: ["Ready", "Valid"] },
    ],
  ];
  for (const [status, desired, owned] of table) {
    const { result, written, counts } = await write(t, status, desired, owned);
    t.is(result, undefined);
    t.deepEqual(written, {}, JSON.stringify([status, desired]));
    t.deepEqual(counts, [0, 1, 0]);
  }
});

test("what differs in anything that is owned is written, and all of that, with the generation", async (t) => {
  const table: [status: unknown, desired?: DesiredStatus][] = [
    [undefined],
    [null],
    [{}],
    [{ ...THERE, observedGeneration: 2 }],
    [{ ...THERE, colour: "blue" }],
    [{ ...THERE, colour: undefined }],
    [{ ...THERE, conditions: [] }],
    [{ ...THERE, conditions: [condition("Valid")] }],
    [{ ...THERE, conditions: [condition("Ready"), condition("Valid")] }],
    [{ ...THERE, conditions: [condition("Ready", { reason: "Other" })] }],
    [{ ...THERE, conditions: [condition("Ready", { message: "All is very well." })] }],
    [{ ...THERE, conditions: [condition("Ready", { observedGeneration: 2 })] }],
  ];
  for (const [status] of table) {
    const { result, written, counts, asked } = await write(t, status, DESIRED);
    const before = (status as { conditions?: Condition[] } | null | undefined)?.conditions?.[0];
    const lastTransitionTime = before?.type === "Ready" ? "2025-01-01T00:00:00Z" : "2026-01-01T00:00:00Z";
    const body = {
      observedGeneration: 3,
      colour: "red",
      conditions: [condition("Ready", { lastTransitionTime })],
    };
    t.deepEqual(written, { apply: { metadata: { name: "x", namespace: "team" }, status: body } });
    t.like(result, { metadata: { resourceVersion: "8" }, status: body });
    t.deepEqual(counts, [1, 0, 0]);
    t.deepEqual(asked, [{ fieldManager: "test", force: true, subresource: "status" }]);
  }
});

test("a writer that is told no time looks at the clock", async (t) => {
  const bodies: { status: { conditions: Condition[] } }[] = [];
  const client = {
    apply: async (_type: unknown, body: { status: { conditions: Condition[] } }) => {
      bodies.push(body);
      return { metadata: {}, ...body };
    },
  } as unknown as StatusWriterOptions["client"]; // as above
  const began = Date.now();
  const writer = new StatusWriter({ client, fieldManager: "test", log: logLines().log });
  await writer.apply(
    gadgets,
    { metadata: { name: "x" } },
    { conditions: [FINE] },
    { conditionTypes: ["Ready"] },
  );
  const at = Date.parse(bodies[0]?.status.conditions[0]?.lastTransitionTime ?? "");
  t.true(at > began - 1_000 && at <= Date.now());
});

test("the time of a condition changes with its status", async (t) => {
  const { written } = await write(t, THERE, { ...DESIRED, conditions: [conditionFalse("Ready", "Bad", "")] });
  t.like(written.apply, {
    status: { conditions: [{ status: "False", lastTransitionTime: "2026-01-01T00:00:00Z" }] },
  });
});

test("only if it is unchanged: then the version that was read is in what is written", async (t) => {
  const { written } = await write(t, {}, DESIRED, OWNED, { onlyIfUnchanged: true });
  t.like(written.apply, { metadata: { resourceVersion: "7" } });
});

test("what is written is told as written, also where others write before the rest is taken away", async (t) => {
  const merged = { observedGeneration: 3, colour: "red", conditions: [condition("Ready")] };
  const conflict = apiError("PATCH /x", 409, { reason: "Conflict" });
  const { result, counts } = await write(t, {}, { conditions: [FINE] }, OWNED, {
    merged,
    failPatch: conflict,
  });
  t.like(result, { metadata: { resourceVersion: "8" }, status: merged });
  t.deepEqual(counts, [1, 0, 0]);
  const gone = apiError("PATCH /x", 404, { reason: "NotFound" });
  const since = await write(t, {}, { conditions: [FINE] }, OWNED, { merged, failPatch: gone });
  t.deepEqual([since.result, since.counts], [undefined, [1, 0, 0]], "it was written, and is gone by now");
  await t.throwsAsync(
    write(t, {}, { conditions: [FINE] }, OWNED, { merged, failPatch: apiError("PATCH /x", 500, {}) }),
  );
});

test("what somebody else has of it is taken away by a patch of what was written, and of no later state", async (t) => {
  const { result, written, asked } = await write(t, {}, { conditions: [FINE] }, OWNED, {
    merged: {
      observedGeneration: 3,
      colour: "red",
      size: 7,
      conditions: [condition("Elsewhere"), condition("Ready"), condition("Valid")],
    },
    timeoutMs: 5,
  });
  t.deepEqual(written.patch, {
    metadata: { resourceVersion: "8" },
    status: { colour: null, conditions: [condition("Elsewhere"), condition("Ready")] },
  });
  t.like(result, { status: "patched" });
  t.deepEqual(asked, [
    { fieldManager: "test", force: true, subresource: "status", timeoutMs: 5 },
    "team/x",
    { subresource: "status", timeoutMs: 5 },
  ]);

  const fieldAlone = await write(t, {}, { conditions: [FINE] }, OWNED, {
    merged: { colour: "red", conditions: [condition("Ready"), condition("Elsewhere")] },
  });
  t.deepEqual(fieldAlone.written.patch, {
    metadata: { resourceVersion: "8" },
    status: { colour: null },
  });
  const nothing = await write(t, {}, { conditions: [FINE] }, OWNED, {
    merged: { conditions: [condition("Ready"), condition("Elsewhere")] },
  });
  t.is(nothing.written.patch, undefined, "what isn't there needn't be taken away");
  const ofTwo = await write(
    t,
    {},
    { conditions: [FINE, conditionTrue("Valid", "Fine", "All is well.")] },
    { conditionTypes: ["Ready", "Valid", "Old"] },
    { merged: { conditions: [condition("Old"), condition("Ready"), condition("Valid")] } },
  );
  t.like(ofTwo.written.patch, { status: { conditions: [condition("Ready"), condition("Valid")] } });
  const conditionAlone = await write(t, {}, DESIRED, OWNED, {
    merged: { colour: "red", conditions: [condition("Ready"), condition("Valid")] },
  });
  t.deepEqual(conditionAlone.written.patch, {
    metadata: { resourceVersion: "8" },
    status: { conditions: [condition("Ready")] },
  });
});

test("what was found out of an earlier generation is said of that one, unless there is a word on a later one", async (t) => {
  const generation = 2;
  const late = await write(
    t,
    { conditions: [condition("Ready", { observedGeneration: 1 })] },
    DESIRED,
    OWNED,
    {
      generation,
    },
  );
  t.like(late.written.apply, {
    status: { observedGeneration: 2, conditions: [{ observedGeneration: 2 }] },
  });
  for (const [known, isWritten] of [
    [condition("Ready", { observedGeneration: 3, reason: "Other" }), false],
    [condition("Ready", { observedGeneration: 2, reason: "Other" }), true],
    [condition("Valid", { observedGeneration: 3 }), true],
  ] as const) {
    const { written } = await write(t, { conditions: [known] }, DESIRED, OWNED, { generation });
    t.is(written.apply !== undefined, isWritten, JSON.stringify(known));
  }
  const ofTwo = await write(
    t,
    { conditions: [condition("Elsewhere"), condition("Ready", { reason: "Other" })] },
    { conditions: [FINE, conditionTrue("Valid", "Fine", "All is well.")] },
    OWNED,
    { generation },
  );
  t.is(ofTwo.written.apply, undefined, "one later word is enough");
  const { observedGeneration: _, ...unsaid } = condition("Ready", { reason: "Other" });
  const { written } = await write(t, { conditions: [unsaid] }, DESIRED, OWNED, { generation });
  t.not(written.apply, undefined);
  // A word on a generation that is still to come can only be of another object of that name.
  const odd = await write(
    t,
    { conditions: [condition("Ready", { observedGeneration: 9, reason: "Other" })] },
    DESIRED,
  );
  t.not(odd.written.apply, undefined);
});

test("a condition that isn't owned is a mistake of the program, and is named", async (t) => {
  const status = { conditions: [FINE, conditionTrue("Elsewhere", "Yes", "")] };
  await t.throwsAsync(write(t, {}, status), { instanceOf: TypeError, message: /Elsewhere/ });
  await t.throwsAsync(write(t, {}, { conditions: [FINE] }, {}), { instanceOf: TypeError });
});

test("an object that is gone needs no status; any other error is the caller's", async (t) => {
  const gone = new NotFoundError("gone", { status: 404, reason: "NotFound" });
  const { result, counts, lines } = await write(t, {}, DESIRED, OWNED, { fail: gone });
  t.is(result, undefined);
  t.like(lines[0], { level: 20, kind: "Gadget", key: "team/x", err: { message: "gone" } });
  t.deepEqual(counts, [0, 0, 1]);
  const fail = new ConflictError("changed", { status: 409, reason: "Conflict" });
  await t.throwsAsync(write(t, {}, DESIRED, OWNED, { fail }), { is: fail });
});
