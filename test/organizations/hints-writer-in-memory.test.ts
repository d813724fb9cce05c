import test from "ava";
import type { OktaHints } from "../../crds/types.ts";
import { apiError } from "../../kubernetes/client/errors.ts";
import { ConnectionError } from "../../kubernetes/index.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { HintsWriter, type HintsWriterOptions } from "../../organizations/hints-writer.ts";
import { organization } from "./organization.ts";

type Call = "get" | "create" | "replace";

const acme = organization("team/acme", "acme", { uid: "o1" });
const person = (id: string): Hint => ({ kind: "person", id, eventTime: "2026-11-26T08:00:00.000Z" });
const conflict = apiError("PUT /x", 409, { reason: "Conflict" });

/** An API server as far as this kind depends on it, and what it was asked. */
class Scene {
  readonly calls: Call[] = [];
  /** What the next calls of a kind fail with, before they are carried out. */
  readonly failures: [Call, Error][] = [];
  stored: OktaHints | undefined;
  readonly writer: HintsWriter;
  #version = 0;

  constructor(options: Partial<HintsWriterOptions> = {}) {
    this.writer = this.another(options);
  }

  another(options: Partial<HintsWriterOptions> = {}): HintsWriter {
    const client: HintsWriterOptions["client"] = {
      get: async () => this.#answer("get", () => this.stored ?? this.#refuse(404, "NotFound")),
      create: async (_type, object) =>
        this.#answer("create", () =>
          this.stored ? this.#refuse(409, "AlreadyExists") : this.#put(object as unknown as OktaHints),
        ),
      replace: async (_type, object) =>
        this.#answer("replace", () => {
          if (!this.stored) return this.#refuse(404, "NotFound");
          if (object.metadata.resourceVersion !== this.stored.metadata.resourceVersion) throw conflict;
          return this.#put(object as unknown as OktaHints);
        }),
    };
    return new HintsWriter({ client, timeoutMs: 60_000, ...options });
  }

  get people(): string[] {
    return (this.stored?.spec.people ?? []).map(({ id }) => id);
  }

  async #answer(call: Call, act: () => OktaHints): Promise<never> {
    this.calls.push(call);
    const next = this.failures.findIndex(([of]) => of === call);
    const [failure] = next < 0 ? [] : this.failures.splice(next, 1);
    if (failure) throw failure[1];
    return structuredClone(act()) as never; // what type it is, is the caller's to say
  }

  #put(object: OktaHints): OktaHints {
    const metadata = { ...object.metadata, resourceVersion: String(++this.#version) };
    this.stored = structuredClone({ ...object, metadata });
    return this.stored;
  }

  #refuse(status: number, reason: string): never {
    throw apiError("PUT /x", status, { reason });
  }
}

test("an organization's first hints make an object that goes with it, and the next are added to it without a look", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(acme, { hints: [person("u1")] });
  const { spec: _, ...rest } = scene.stored ?? {};
  t.deepEqual(rest, {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaHints",
    metadata: {
      namespace: "team",
      name: "acme",
      labels: { "app.kubernetes.io/managed-by": "okta-role-operator" },
      ownerReferences: [
        { apiVersion: "rolemapping.dev/v1alpha1", kind: "Organization", name: "acme", uid: "o1" },
      ],
      resourceVersion: "1",
    },
  });
  await scene.writer.heard(acme, { hints: [person("u2")] });
  t.deepEqual(scene.people, ["u1", "u2"]);
  t.deepEqual(scene.calls, ["get", "create", "replace"]);
});

test("what the program knows of the object by itself isn't read, and when it is old it is", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(acme, { hints: [person("u1")] });
  const old = scene.stored;
  const asked: string[] = [];
  const known = (key: string): OktaHints | undefined => {
    asked.push(key);
    return old;
  };
  await scene.another({ known }).heard(acme, { hints: [person("u2")] });
  t.deepEqual(asked, ["team/acme"]);
  t.deepEqual(scene.calls.splice(0), ["get", "create", "replace"]);
  await scene.another({ known }).heard(acme, { hints: [person("u3")] });
  t.deepEqual(scene.calls, ["replace", "get", "replace"]);
  t.deepEqual(scene.people, ["u1", "u2", "u3"]);
});

test("what others write, make or delete meanwhile is taken as it is", async (t) => {
  const scene = new Scene();
  const other = scene.another();
  await scene.writer.heard(acme, { hints: [person("u1")] });
  await other.heard(acme, { hints: [person("u2")] });
  await scene.writer.heard(acme, { hints: [person("u3")] });
  t.deepEqual(scene.people, ["u1", "u2", "u3"]);
  scene.stored = undefined;
  await scene.writer.heard(acme, { hints: [person("u4")] });
  t.deepEqual(scene.people, ["u4"], "what was in the object that was deleted is gone with it");

  const late = new Scene();
  late.failures.push(["create", apiError("POST /x", 409, { reason: "AlreadyExists" })]);
  await late.writer.heard(acme, { hints: [person("u1")] });
  t.deepEqual(late.calls, ["get", "create", "get", "create"]);
});

test("the hints of an organization of that name which is gone are nobody's", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(acme, { hints: [person("u1")], logCursor: "c1" });
  const again = organization("team/acme", "acme", { uid: "o2" });
  await scene.another().heard(again, { hints: [person("u2")] });
  t.deepEqual(scene.people, ["u2"]);
  t.is(scene.stored?.spec.logCursor, undefined);
  t.like(scene.stored?.metadata.ownerReferences, [{ uid: "o2" }]);
  const { ownerReferences: _, ...metadata } = scene.stored?.metadata ?? { name: "acme" };
  scene.stored = { ...(scene.stored as OktaHints), metadata };
  await scene.another().heard(again, { hints: [person("u3")] });
  t.deepEqual(scene.people, ["u3"], "nor those of nobody's");
  const [owner] = scene.stored?.metadata.ownerReferences ?? [];
  if (!owner) return t.fail();
  scene.stored = {
    ...scene.stored,
    metadata: { ...scene.stored.metadata, ownerReferences: [{ ...owner, uid: "o3" }, owner] },
  };
  await scene.another().heard(again, { hints: [person("u4")] });
  t.deepEqual(scene.people, ["u3", "u4"], "one owner of several is enough");
});

test("what comes at once is one write, and what comes during it the next; of that, what is done was so before", async (t) => {
  const scene = new Scene();
  await Promise.all(["u1", "u2", "u3"].map((id) => scene.writer.heard(acme, { hints: [person(id)] })));
  t.deepEqual(scene.calls.splice(0), ["get", "create", "replace"]);
  const people = scene.stored?.spec.people ?? [];
  await Promise.all([
    scene.writer.heard(acme, { hints: [person("u0")] }),
    scene.writer.heard(acme, { hints: [person("u9")], logCursor: "c1", eventHook: "refused" }),
    scene.writer.heard(acme, { hints: [person("u1")], logCursor: "c2", eventHook: "verified" }),
    scene.writer.done(acme, { people }),
    scene.writer.heard(acme, {}),
  ]);
  t.deepEqual(scene.people.toSorted(), ["u0", "u1", "u9"]);
  t.is(scene.stored?.spec.logCursor, "c2");
  t.truthy(scene.stored?.spec.eventHook?.verifiedTime);
  t.truthy(scene.stored?.spec.eventHook?.refusedTime);
});

test("what adds nothing isn't written", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(acme, { hints: [] });
  await scene.writer.done(acme, { everything: "2026-11-26T08:00:00.000Z" });
  t.true(scene.calls.every((call) => call === "get"));
});

for (const [what, call, error, code, message] of [
  [
    "a kind that isn't there",
    "create",
    apiError("POST /x", 404, {}),
    "hints-refused",
    /CustomResourceDefini/,
  ],
  [
    "a namespace that is gone",
    "create",
    apiError("POST /x", 404, { message: 'namespaces "team" not found' }),
    "not-found",
    /namespaces/,
  ],
  [
    "no right to write",
    "create",
    apiError("POST /x", 403, {}),
    "hints-refused",
    /roles of this version \(POST/,
  ],
  [
    "no right to read",
    "get",
    apiError("GET /x", 403, {}),
    "hints-refused",
    /OktaHints acme .*namespace team/,
  ],
  ["a lost answer", "create", new ConnectionError("lost", { sent: true }), "connection-error", /lost/],
  ["a time-out", "create", new DOMException("too long", "TimeoutError"), "hints-timeout", /within 60 s/],
  [
    "a time-out of the look",
    "get",
    new DOMException("too long", "TimeoutError"),
    "hints-timeout",
    /acme could/,
  ],
] as const)
  test(`what fails a write is told, and the next is tried anew: ${what}`, async (t) => {
    const scene = new Scene();
    scene.failures.push([call, error]);
    const thrown = await t.throwsAsync(scene.writer.heard(acme, { hints: [person("u1")] }), {
      code,
      message,
    });
    t.true(thrown === error || thrown?.cause === error);
    await scene.writer.heard(acme, { hints: [person("u2")] });
    t.deepEqual(scene.people, ["u2"]);
  });

test("after a write that failed the object is looked at again", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(acme, { hints: [person("u1")] });
  scene.failures.push(["replace", new ConnectionError("lost", { sent: true })]);
  await t.throwsAsync(scene.writer.heard(acme, { hints: [person("u2")] }), { code: "connection-error" });
  await scene.writer.heard(acme, { hints: [person("u3")] });
  t.deepEqual(scene.calls, ["get", "create", "replace", "get", "replace"]);
});

test("who is overtaken all the time is told that it took too long, and others aren't held up by it", async (t) => {
  const scene = new Scene({ timeoutMs: 100 });
  scene.failures.push(...Array.from({ length: 1_000 }, (): [Call, Error] => ["create", conflict]));
  const beta = organization("team/beta", "beta");
  const other = new Scene();
  const waiting = t.throwsAsync(scene.writer.heard(acme, { hints: [person("u1")] }), {
    code: "hints-timeout",
    message: /acme could not be written within 0\.1 s/,
  });
  await other.writer.heard(beta, { hints: [person("u1")] });
  await waiting;
});

test("a call that nobody answers ends with the time that a write may take", async (t) => {
  // A connection that is open keeps the process, a time-out alone doesn't.
  const open = setInterval(() => {}, 1_000);
  t.teardown(() => clearInterval(open));
  const silent = (_type: unknown, _of: unknown, options?: { signal?: AbortSignal }): Promise<never> => {
    return new Promise((_, reject) => {
      options?.signal?.addEventListener("abort", () => reject(new DOMException("over", "TimeoutError")));
    });
  };
  const stored = new Scene();
  await stored.writer.heard(acme, { hints: [person("u1")] });
  const { stored: object } = stored;
  if (!object) return t.fail();
  const unused = (): Promise<never> => Promise.reject(new Error("it isn't asked for"));
  const none = (): Promise<never> => Promise.reject(apiError("GET /x", 404, {}));
  for (const client of [
    { get: silent, create: unused, replace: unused },
    { get: none, create: silent, replace: unused },
    { get: async () => object as never, create: unused, replace: silent },
  ]) {
    const writer = new HintsWriter({ client: client as HintsWriterOptions["client"], timeoutMs: 20 });
    const thrown = await t.throwsAsync(writer.heard(acme, { hints: [person("u2")] }), {
      code: "hints-timeout",
    });
    t.like(thrown?.cause, { name: "TimeoutError" });
  }
});
