import test, { type ExecutionContext } from "ava";
import { oktaHints } from "../../crds/resources.ts";
import type { OktaHints, Organization } from "../../crds/types.ts";
import { type Client, createClient, NotFoundError } from "../../kubernetes/index.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { HintsWriter } from "../../organizations/hints-writer.ts";
import { testCluster } from "../cluster.ts";
import { log } from "../kubernetes/api-server.ts";
import { FaultServer } from "../kubernetes/fault-server.ts";
import { organization } from "./organization.ts";

/** A busy machine may take long; only a test of the time-out waits for it. */
const timeoutMs = 60_000;
const WRITES = /^(POST|PUT) .*\/oktahints/;

interface Scene {
  readonly acme: Organization;
  readonly faults: FaultServer;
  readonly client: Client;
  /** What is stored, as the cluster's admin sees it. */
  stored(name?: string): Promise<OktaHints | undefined>;
  people(): Promise<string[]>;
  writes(): number;
}

async function scene(t: ExecutionContext): Promise<Scene> {
  const cluster = await testCluster(t);
  const faults = await FaultServer.start(t);
  const client = await createClient({ kubeconfig: faults.kubeconfig, userAgent: "test", log });
  t.teardown(() => client.close());
  const admin = await createClient({ kubeconfig: cluster.kubeconfig, userAgent: "test", log });
  t.teardown(() => admin.close());
  const stored = async (name = "acme"): Promise<OktaHints | undefined> => {
    try {
      return await admin.get(oktaHints, { namespace: cluster.namespace, name });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw error;
    }
  };
  return {
    acme: organization(`${cluster.namespace}/acme`, "acme"),
    faults,
    client,
    stored,
    people: async () => ((await stored())?.spec.people ?? []).map(({ id }) => id).sort(),
    writes: () => faults.requests.filter((request) => WRITES.test(request)).length,
  };
}

function person(id: string, eventTime = "2026-11-26T08:00:00.000Z"): Hint {
  return { kind: "person", id, eventTime, joined: ["g1"] };
}

test("what was heard is stored when it is answered, in an object that goes with its organization", async (t) => {
  const { acme, client, stored } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  await writer.heard(acme, { hints: [person("u1")], logCursor: "c1" });
  const { metadata, spec } = (await stored()) ?? {};
  t.like(metadata?.ownerReferences, {
    0: { kind: "Organization", name: "acme", uid: acme.metadata.uid },
    length: 1,
  });
  t.like(spec, { people: { 0: { id: "u1", joined: ["g1"] }, length: 1 }, logCursor: "c1" });
  const { heardTime = "" } = spec?.people?.[0] ?? {};
  await writer.done(acme, { people: [{ id: "u1", heardTime }] });
  t.deepEqual((await stored())?.spec, { logCursor: "c1" });
});

test("several writers at once lose nothing", async (t) => {
  const { acme, client, people } = await scene(t);
  const writers = Array.from({ length: 3 }, () => new HintsWriter({ client, timeoutMs }));
  const ids = Array.from({ length: 60 }, (_, n) => `u${n}`);
  await Promise.all(ids.map((id, n) => writers[n % 3]?.heard(acme, { hints: [person(id)] })));
  t.deepEqual(await people(), ids.sort());
});

test("what is done and what is heard meanwhile don't take each other back", async (t) => {
  const { acme, client, stored, people } = await scene(t);
  const [webhook, operator] = [
    new HintsWriter({ client, timeoutMs }),
    new HintsWriter({ client, timeoutMs }),
  ];
  await webhook.heard(acme, { hints: [person("u1"), person("u2")] });
  const known = (await stored())?.spec.people ?? [];
  await Promise.all([
    operator.done(acme, { people: known }),
    webhook.heard(acme, { hints: [person("u2", "2026-11-26T09:00:00.000Z"), person("u3")] }),
  ]);
  t.true((await people()).includes("u3"));
  t.false((await people()).includes("u1"));
  const again = (await stored())?.spec.people?.find(({ id }) => id === "u2");
  t.is(again?.eventTime, "2026-11-26T09:00:00.000Z", "whoever was done first, it is to be looked at again");
});

test("10,000 hints that come one by one are few writes", async (t) => {
  const { acme, client, stored, writes } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  const answered: Promise<void>[] = [];
  for (let n = 0; n < 10_000; n++) {
    answered.push(writer.heard(acme, { hints: [person(`u${n}`)] }));
    if (n % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(answered);
  t.truthy((await stored())?.spec.everything);
  t.true(writes() <= 300, `${writes()} writes`);
});

test("what is heard while a write is under way goes into the next one, all together", async (t) => {
  const { acme, client, faults, writes, people } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  const [begun, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  faults.holds = ({ method }) => {
    if (method !== "POST") return undefined;
    begun.resolve();
    return held.promise;
  };
  const first = writer.heard(acme, { hints: [person("u0")] });
  await begun.promise;
  const rest = Array.from({ length: 20 }, (_, n) => writer.heard(acme, { hints: [person(`u${n + 1}`)] }));
  held.resolve();
  await Promise.all([first, ...rest]);
  t.is(writes(), 2);
  t.is((await people()).length, 21);
});

test("what is heard right after a write goes together into the next one", async (t) => {
  const { acme, client, writes, people } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  const rounds = 20;
  const tell = async (who: string): Promise<void> => {
    for (let n = 0; n < rounds; n++) await writer.heard(acme, { hints: [person(`${who}${n}`)] });
  };
  await Promise.all([tell("a"), tell("b")]);
  t.is((await people()).length, 2 * rounds);
  // One for each round and one to begin with; half as many more where the machine was held up in between.
  t.true(writes() <= 1.5 * rounds, `${writes()} writes`);
});

test("what adds nothing isn't written", async (t) => {
  const { acme, client, writes } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  await writer.heard(acme, { hints: [] });
  await writer.done(acme, { everything: "2026-11-26T08:00:00.000Z" });
  t.is(writes(), 0);
  await writer.heard(acme, { hints: [person("u1")] });
  await writer.heard(acme, { hints: [person("u1")] });
  t.is(writes(), 1);
});

test("a write whose answer is lost isn't called stored, and isn't lost when it comes again", async (t) => {
  const { acme, client, faults, people } = await scene(t);
  const writer = new HintsWriter({ client, timeoutMs });
  faults.loses = ({ method }) => method === "POST";
  await t.throwsAsync(writer.heard(acme, { hints: [person("u1")] }), { code: "connection-error" });
  faults.loses = () => false;
  await writer.heard(acme, { hints: [person("u1"), person("u2")] });
  t.deepEqual(await people(), ["u1", "u2"]);
});

test("an API server that doesn't answer is told in time, and one organization's doesn't hold up another's", async (t) => {
  const { acme, client, faults, stored } = await scene(t);
  const beta = { ...acme, metadata: { ...acme.metadata, name: "beta", uid: "beta" } };
  const writer = new HintsWriter({ client, timeoutMs });
  const hasty = new HintsWriter({ client, timeoutMs: 300 });
  const held = Promise.withResolvers<void>();
  t.teardown(() => held.resolve());
  faults.holds = ({ url = "" }) => (url.includes("/oktahints/acme") ? held.promise : undefined);
  const waiting = t.throwsAsync(hasty.heard(acme, { hints: [person("u1")] }), {
    code: "hints-timeout",
    message: /OktaHints acme could not be written/,
  });
  const patient = writer.heard(acme, { hints: [person("u1")] });
  await writer.heard(beta, { hints: [person("u2")] });
  t.is((await stored("beta"))?.spec.people?.length, 1);
  await waiting;
  held.resolve();
  await patient;
});

test("a call that nobody answers ends with the time that a write may take", async (t) => {
  const { acme, client, faults } = await scene(t);
  const held = Promise.withResolvers<void>();
  t.teardown(() => held.resolve());
  for (const unanswered of ["GET", "POST", "PUT"]) {
    // There is something to replace.
    if (unanswered === "PUT")
      await new HintsWriter({ client, timeoutMs }).heard(acme, { hints: [person("u1")] });
    faults.holds = ({ method }) => (method === unanswered ? held.promise : undefined);
    const hasty = new HintsWriter({ client, timeoutMs: 300 });
    // Each its own person: on a busy machine what was given up may be carried out later.
    const error = await t.throwsAsync(hasty.heard(acme, { hints: [person(`u-${unanswered}`)] }), {
      code: "hints-timeout",
    });
    t.like(error?.cause, { name: "TimeoutError" });
    faults.holds = () => undefined;
  }
});

test("a cluster that doesn't know the kind is told what to apply", async (t) => {
  const { acme, client, faults } = await scene(t);
  faults.fault = ({ url = "" }, response) => {
    if (!url.includes("/oktahints")) return false;
    response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
    return true;
  };
  await t.throwsAsync(new HintsWriter({ client, timeoutMs }).heard(acme, { hints: [person("u1")] }), {
    code: "hints-refused",
    message: /CustomResourceDefinitions of this version/,
  });
});

for (const [what, verb, message] of [
  ["read", "create", /apply the roles of this version.*GET .*oktahints/],
  ["write", "get", /apply the roles of this version.*POST .*oktahints/],
] as const)
  test(`an account that may not ${what} hints is told which roles to apply`, async (t) => {
    const cluster = await testCluster(t);
    const rule = { apiGroups: ["rolemapping.dev"], resources: ["oktahints"], verbs: [verb] };
    const kubeconfig = await cluster.serviceAccount({ role: [rule], clusterRole: [] });
    const client = await createClient({ kubeconfig, userAgent: "test", log });
    t.teardown(() => client.close());
    const acme = organization(`${cluster.namespace}/acme`, "acme");
    await t.throwsAsync(new HintsWriter({ client, timeoutMs }).heard(acme, { hints: [person("u1")] }), {
      code: "hints-refused",
      message,
    });
  });
