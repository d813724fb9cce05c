import { randomUUID } from "node:crypto";
import test from "ava";
import { oktaHints } from "../../crds/resources.ts";
import type { OktaHints, Organization } from "../../crds/types.ts";
import { ConnectionError } from "../../kubernetes/index.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { HintsWriter, type HintsWriterOptions } from "../../organizations/hints-writer.ts";
import { clusterOfFile } from "../cluster-of-file.ts";
import { InterruptedClient } from "../kubernetes/interrupted-client.ts";
import { organization } from "./organization.ts";

const shared = clusterOfFile(test);
const person = (id: string): Hint => ({ kind: "person", id, eventTime: "2026-11-26T08:00:00.000Z" });

/** An organization of this test's own, a writer of its hints, and what that asks of the API server. */
class Scene {
  readonly acme: Organization;
  readonly client = new InterruptedClient(shared().client);
  readonly calls = this.client.calls;
  readonly writer: HintsWriter;

  constructor(
    options: Partial<HintsWriterOptions> = {},
    { namespace }: { namespace: string } = shared().cluster,
  ) {
    const name = `acme-${randomUUID()}`;
    this.acme = organization(`${namespace}/${name}`, name, { uid: "o1" });
    this.writer = this.another(options);
  }

  another(options: Partial<HintsWriterOptions> = {}): HintsWriter {
    return new HintsWriter({ client: this.client, timeoutMs: 60_000, ...options });
  }

  heard(...ids: string[]): Promise<void> {
    return this.writer.heard(this.acme, { hints: ids.map(person) });
  }

  /** Another program, of whose calls nothing is seen here. */
  others(): HintsWriter {
    return this.another({ client: shared().client });
  }

  stored(): Promise<OktaHints> {
    const { namespace = "", name } = this.acme.metadata;
    return shared().client.get(oktaHints, { namespace, name });
  }

  async people(): Promise<string[]> {
    return ((await this.stored()).spec.people ?? []).map(({ id }) => id);
  }

  delete(): Promise<void> {
    const { namespace = "", name } = this.acme.metadata;
    return shared().client.delete(oktaHints, { namespace, name });
  }
}

test("an organization's first hints make an object that goes with it, and the next are added to it without a look", async (t) => {
  const scene = new Scene();
  const { name } = scene.acme.metadata;
  await scene.heard("u1");
  await scene.heard("u2");
  t.deepEqual(scene.calls, ["get", "create", "replace"]);
  t.deepEqual(await scene.people(), ["u1", "u2"]);
  const { metadata } = await scene.stored();
  t.like(metadata, { name, labels: { "app.kubernetes.io/managed-by": "okta-role-operator" } });
  t.deepEqual(metadata.ownerReferences, [
    { apiVersion: "rolemapping.dev/v1alpha1", kind: "Organization", name, uid: "o1" },
  ]);
});

test("what the program knows of the object by itself isn't read, and when it is old it is", async (t) => {
  const scene = new Scene();
  await scene.heard("u1");
  const old = await scene.stored();
  const asked: string[] = [];
  const known = (key: string): OktaHints | undefined => {
    asked.push(key);
    return old;
  };
  scene.calls.splice(0);
  await scene.another({ known }).heard(scene.acme, { hints: [person("u2")] });
  t.deepEqual(asked, [`${scene.acme.metadata.namespace}/${scene.acme.metadata.name}`]);
  t.deepEqual(scene.calls.splice(0), ["replace"]);
  await scene.another({ known }).heard(scene.acme, { hints: [person("u3")] });
  t.deepEqual(scene.calls, ["replace", "get", "replace"]);
  t.deepEqual(await scene.people(), ["u1", "u2", "u3"]);
});

test("what is done is taken out also where it isn't in what the program knows yet", async (t) => {
  const scene = new Scene();
  await scene.heard("u1");
  const old = await scene.stored();
  await scene.others().heard(scene.acme, { hints: [person("u2")] });
  const { people = [] } = (await scene.stored()).spec;
  const writer = scene.another({ known: () => old });
  await writer.done(scene.acme, { people: people.filter(({ id }) => id === "u2") });
  t.deepEqual(await scene.people(), ["u1"]);
});

test("what is heard is noted also where it stood in what the program knows, and has been taken out since", async (t) => {
  const scene = new Scene();
  await scene.heard("u1");
  const old = await scene.stored();
  await scene.others().done(scene.acme, { people: old.spec.people ?? [] });
  scene.calls.splice(0);
  const writer = scene.another({ known: () => old });
  await writer.heard(scene.acme, { hints: [person("u1")] });
  t.deepEqual(scene.calls.splice(0), ["get", "replace"]);
  t.deepEqual(await scene.people(), ["u1"]);
  await writer.heard(scene.acme, { hints: [person("u1")] });
  t.deepEqual(scene.calls, ["get"], "what adds nothing to what is stored isn't written");
});

test("what others write, make or delete meanwhile is taken as it is", async (t) => {
  const scene = new Scene();
  await scene.heard("u1");
  scene.client.before("replace", () => scene.others().heard(scene.acme, { hints: [person("u2")] }));
  await scene.heard("u3");
  t.deepEqual(await scene.people(), ["u1", "u2", "u3"]);
  scene.client.before("replace", () => scene.delete());
  await scene.heard("u4");
  t.deepEqual(await scene.people(), ["u4"], "what was in the object that was deleted is gone with it");

  const late = new Scene();
  late.client.before("create", () => late.others().heard(late.acme, { hints: [person("u1")] }));
  await late.heard("u2");
  t.deepEqual(await late.people(), ["u1", "u2"]);
  t.deepEqual(late.calls, ["get", "create", "get", "replace"]);
  const gone = new Scene();
  gone.client.before("create", async () => {
    await gone.others().heard(gone.acme, { hints: [person("u1")] });
    gone.client.before("get", () => gone.delete());
  });
  await gone.heard("u2");
  t.deepEqual(gone.calls, ["get", "create", "get", "create"]);
});

test("the hints of an organization of that name which is gone are nobody's", async (t) => {
  const scene = new Scene();
  await scene.writer.heard(scene.acme, { hints: [person("u1")], logCursor: "c1" });
  const again = { ...scene.acme, metadata: { ...scene.acme.metadata, uid: "o2" } };
  const writer = scene.another();
  await writer.done(again, { people: (await scene.stored()).spec.people ?? [] });
  await writer.heard(again, { hints: [person("u2")] });
  t.deepEqual(await scene.people(), ["u2"]);
  const hints = await scene.stored();
  t.is(hints.spec.logCursor, undefined);
  t.is(hints.metadata.ownerReferences?.[0]?.uid, "o2", "so that they don't go with the other one");
  const { ownerReferences: _, ...metadata } = hints.metadata;
  await shared().client.replace(oktaHints, { ...hints, metadata });
  await scene.another().heard(again, { hints: [person("u3")] });
  t.deepEqual(await scene.people(), ["u3"], "nor those of nobody's");

  const theirs = await scene.stored();
  const [owner] = theirs.metadata.ownerReferences ?? [];
  if (!owner) return t.fail();
  const ownerReferences = [{ ...owner, uid: "o3" }, owner];
  await shared().client.replace(oktaHints, { ...theirs, metadata: { ...theirs.metadata, ownerReferences } });
  await scene.another().heard(again, { hints: [person("u4")] });
  t.deepEqual(await scene.people(), ["u3", "u4"], "one owner of several is enough");
});

test("what comes at once is one write, and what comes during it the next; of that, what is done was so before", async (t) => {
  const scene = new Scene();
  const { writer, acme } = scene;
  await Promise.all(["u1", "u2", "u3"].map((id) => scene.heard(id)));
  t.deepEqual(scene.calls.splice(0), ["get", "create", "replace"]);
  const people = (await scene.stored()).spec.people ?? [];
  await Promise.all([
    scene.heard("u0"),
    writer.heard(acme, { hints: [person("u9")], logCursor: "c1", eventHook: "refused" }),
    writer.heard(acme, { hints: [person("u1")], logCursor: "c2", eventHook: "verified" }),
    writer.done(acme, { people }),
    writer.heard(acme, {}),
  ]);
  t.deepEqual((await scene.people()).toSorted(), ["u0", "u1", "u9"]);
  const { logCursor, eventHook } = (await scene.stored()).spec;
  t.is(logCursor, "c2");
  t.truthy(eventHook?.verifiedTime);
  t.truthy(eventHook?.refusedTime);
  t.is(eventHook?.loginPath, acme.spec.loginPath, "the address that was called");
});

for (const call of ["get", "create"] as const)
  test(`an answer that doesn't come in time is told, and the next write is tried anew: ${call}`, async (t) => {
    const scene = new Scene();
    const cause = new DOMException("too long", "TimeoutError");
    scene.client.fail(call, cause);
    const error = await t.throwsAsync(scene.heard("u1"), {
      code: "hints-timeout",
      message: new RegExp(`${scene.acme.metadata.name} could not be written within 60 s`),
    });
    t.is(error?.cause, cause);
    await scene.heard("u2");
    t.deepEqual(await scene.people(), ["u2"]);
  });

test("a namespace that is gone is named", async (t) => {
  const namespace = `gone-${randomUUID()}`;
  await t.throwsAsync(new Scene({}, { namespace }).heard("u1"), {
    code: "not-found",
    message: new RegExp(`namespaces "${namespace}" not found`),
  });
});

test("after a write whose answer was lost the object is looked at again", async (t) => {
  const scene = new Scene();
  await scene.heard("u1");
  const lost = new ConnectionError("lost", { sent: true });
  scene.client.fail("replace", lost, { isDone: true });
  await t.throwsAsync(scene.heard("u2"), { is: lost });
  await scene.heard("u3");
  t.deepEqual(await scene.people(), ["u1", "u2", "u3"]);
  t.deepEqual(scene.calls, ["get", "create", "replace", "get", "replace"]);
});

test("who is overtaken all the time is told that it took too long", async (t) => {
  const scene = new Scene();
  await scene.heard("u0");
  const others = scene.others();
  for (let i = 0; i < 1_000; i++)
    scene.client.before("replace", () => others.heard(scene.acme, { hints: [person(`other-${i}`)] }));
  const hasty = scene.another({ timeoutMs: 100 });
  await t.throwsAsync(hasty.heard(scene.acme, { hints: [person("u1")] }), {
    code: "hints-timeout",
    message: /could not be written within 0\.1 s/,
  });
  t.false((await scene.people()).includes("u1"));
});

test("that everything is to be looked at is stored with the rest of what comes at the same time", async (t) => {
  const scene = new Scene();
  const { writer, acme } = scene;
  await Promise.all([
    scene.heard("u1"),
    writer.heard(acme, { everything: true, logCursor: "c1" }),
    writer.heard(acme, { hints: [person("u2")], eventHook: "called" }),
  ]);
  const { spec } = await scene.stored();
  t.like(spec, { logCursor: "c1", people: [{ id: "u1" }, { id: "u2" }] });
  t.truthy(spec.everything?.heardTime);
  t.truthy(spec.eventHook);
});
