import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import test, { type ExecutionContext } from "ava";
import { leases } from "../../../kubernetes/client/builtin-types.ts";
import {
  type Client,
  LeaderElection,
  type LeaderElectionOptions,
  NotFoundError,
  NotLeaderError,
} from "../../../kubernetes/index.ts";
import {
  apiServerURL,
  connect,
  kubeconfigPath,
  kubeconfigVia,
  log,
  newNamespace,
  sample,
} from "../api-server.ts";
import { FaultServer } from "../fault-server.ts";
import { configMaps } from "../resource-types.ts";
import { TcpProxy } from "../tcp-proxy.ts";
import { until } from "../until.ts";
import { watchOnce } from "../watch.ts";
import { CONTEST, contestSettings } from "./contest.ts";

/** The usual times, which a busy machine can keep, except that replicas look more often. */
const patient = { name: CONTEST, retryPeriodMs: 500 };

/** A replica in this process, that leads until it is stopped. @param started told at the beginning of each term */
function contend(
  t: ExecutionContext,
  options: Pick<LeaderElectionOptions, "client" | "namespace" | "identity"> & Partial<LeaderElectionOptions>,
  started: () => void = () => {},
) {
  const election = new LeaderElection({ ...patient, log, ...options });
  const stop = new AbortController();
  const terms: { lost: boolean }[] = [];
  const running = election.run(stop.signal, async (lost) => {
    const term = { lost: false };
    started();
    terms.push(term);
    await once(lost, "abort");
    term.lost = true;
  });
  t.teardown(async () => {
    stop.abort();
    await running;
  });
  return { election, stop, running, terms };
}

/** The identities that have written the ConfigMap, in order, as the API server took them. */
function followWrites(t: ExecutionContext, client: Client, namespace: string): string[] {
  const writers: string[] = [];
  const stop = new AbortController();
  const following = (async () => {
    const watch = watchOnce(client, configMaps, {
      namespace,
      resourceVersion: "0",
      timeoutSeconds: 300,
      signal: stop.signal,
    });
    for await (const event of watch) {
      const writer = event.type === "BOOKMARK" ? undefined : event.object.data?.writer;
      if (writer && writers.at(-1) !== writer) writers.push(writer);
    }
  })();
  t.teardown(async () => {
    stop.abort();
    await following.catch(() => {});
  });
  return writers;
}

function unlessNotLeader(error: unknown): undefined {
  if (!(error instanceof NotLeaderError)) throw error;
}

const contender = fileURLToPath(new URL("contender.ts", import.meta.url));

/** A replica in a process of its own. */
function contenderProcess(t: ExecutionContext, namespace: string, identity: string): ChildProcess {
  const child = spawn(process.execPath, [contender, kubeconfigPath(), namespace, identity], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  t.teardown(() => {
    child.kill("SIGKILL");
  });
  return child;
}

test("one leads, the other waits; when the leader stops, the other takes over at once", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const first = contend(t, { client, namespace, identity: "first" });
  await until("the first leads", () => first.terms.length === 1);
  const second = contend(t, { client, namespace, identity: "second" });
  await until("the second has seen that", () => second.election.leader === "first");
  t.true(first.election.mayWrite());
  t.false(second.election.mayWrite());

  first.stop.abort();
  await first.running;
  t.false(first.election.mayWrite());
  const lease = await client.get(leases, { namespace, name: CONTEST });
  t.not(lease.spec?.holderIdentity, "first", "it was released");
  await until("the second leads", () => second.terms.length === 1);
  t.is((await client.get(leases, { namespace, name: CONTEST })).spec?.leaseTransitions, 1);
});

test("the lease reads like any other", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { terms } = contend(t, { client, namespace, identity: "first" });
  await until("it leads", () => terms.length === 1);
  const read = async () => (await client.get(leases, { namespace, name: CONTEST })).spec ?? {};
  const before = await read();
  t.like(before, { holderIdentity: "first", leaseDurationSeconds: 15 });
  t.regex(before.renewTime ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  await until("it is renewed", async () => (await read()).renewTime !== before.renewTime);
  t.is((await read()).acquireTime, before.acquireTime);
});

test("a leader that is cut off stops writing before another starts", async (t) => {
  const proxy = await TcpProxy.start(apiServerURL());
  t.teardown(() => proxy.stop());
  const client = await connect(t);
  const cutOff = await connect(t, { kubeconfig: await kubeconfigVia(t, `https://127.0.0.1:${proxy.port}`) });
  const namespace = await newNamespace(t);
  const first = contend(t, { ...contestSettings, client: cutOff, namespace, identity: "first" });
  await until("the first leads", () => first.terms.length === 1);
  const guarded = first.election.guard(cutOff);
  const object = { metadata: { namespace, name: "x" } };
  // A machine that is busy for seconds makes the first lose the lease, until it takes it again.
  await until("the first writes", () => guarded.create(configMaps, object).catch(unlessNotLeader));

  const firstMayWrite: boolean[] = [];
  const second = contend(t, { ...contestSettings, client, namespace, identity: "second" }, () =>
    firstMayWrite.push(first.election.mayWrite()),
  );
  await until("the second waits", () => second.election.leader === "first");
  proxy.stall();
  await until("the second leads", () => second.terms.length === 1);
  t.deepEqual(firstMayWrite, [false], "when the second starts");
  // By a timer, which a busy machine may be behind with; not by an answer, since there is none.
  await until("the first is told", () => first.terms.at(-1)?.lost);
  await t.throwsAsync(guarded.create(configMaps, object), { instanceOf: NotLeaderError });

  proxy.resume();
  await until("the first knows", () => first.election.leader === "second");
  t.false(first.election.mayWrite());
});

test("a leader that is killed is followed by another, when its lease has expired", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const writers = followWrites(t, client, namespace);
  const first = contenderProcess(t, namespace, "first");
  await until("the first writes", () => writers.at(-1) === "first");
  contenderProcess(t, namespace, "second");
  first.kill("SIGKILL");
  await until("the second writes", () => writers.at(-1) === "second");
  t.deepEqual(writers, ["first", "second"]);
});

test("a leader that is stopped and wakes up after another has started doesn't write any more", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const writers = followWrites(t, client, namespace);
  const first = contenderProcess(t, namespace, "first");
  await until("the first writes", () => writers.at(-1) === "first");
  const second = contenderProcess(t, namespace, "second");
  const did: unknown[] = [];
  first.on("message", (message) => did.push(message));
  first.kill("SIGSTOP");
  await until("the second writes", () => writers.at(-1) === "second");
  const before = did.length;
  first.kill("SIGCONT");
  await until("the first has woken up", () =>
    did.slice(before).some((what, tries) => what === "stopped writing" || tries > 20),
  );
  first.kill("SIGTERM");
  t.deepEqual(await once(first, "exit"), [0, null]);
  t.deepEqual(writers, ["first", "second"]);
  second.kill("SIGTERM");
  t.deepEqual(await once(second, "exit"), [0, null]);
});

test("leadership is lost when another takes the lease, and when the lease is deleted", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const first = contend(t, { client, namespace, identity: "first" });
  await until("the first leads", () => first.terms.length === 1);
  await client.mergePatch(leases, `${namespace}/${CONTEST}`, { spec: { holderIdentity: "thief" } });
  await until("it has been told", () => first.terms[0]?.lost);
  t.is(first.election.leader, "thief");
  await client.mergePatch(leases, `${namespace}/${CONTEST}`, { spec: { holderIdentity: "" } });
  await until("it leads again", () => first.terms.length === 2);
  await client.delete(leases, `${namespace}/${CONTEST}`);
  await until("it has been told again", () => first.terms[1]?.lost);
  await until("it leads again", () => first.terms.length === 3);
});

test("a lease that somebody else has changed, but not taken, is renewed", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const first = contend(t, { client, namespace, identity: "first" });
  await until("the first leads", () => first.terms.length === 1);
  const patch = { metadata: { annotations: { note: "hello" } } };
  const { spec } = await client.mergePatch(leases, `${namespace}/${CONTEST}`, patch);
  await until("it is renewed", async () => {
    const lease = await client.get(leases, { namespace, name: CONTEST });
    return lease.spec?.renewTime !== spec?.renewTime && lease.metadata.annotations?.note === "hello";
  });
  t.deepEqual(first.terms, [{ lost: false }]);
});

test("a leader that doesn't see gives the lease back, and campaigns again when it sees", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const sees = { first: true, second: false };
  const first = contend(t, {
    client,
    namespace,
    identity: "first",
    isCurrent: () => sees.first,
    blindMs: 1_000,
  });
  await until("the first leads", () => first.terms.length === 1);
  sees.first = false;
  await until("it has been told", () => first.terms[0]?.lost);
  const holder = async () => (await client.get(leases, { namespace, name: CONTEST })).spec?.holderIdentity;
  await until("the lease is free", async () => (await holder()) === "");
  t.false(first.election.mayWrite());

  // Nobody sees: nobody leads, and everybody goes on looking.
  const second = contend(t, { client, namespace, identity: "second", isCurrent: () => sees.second });
  const asked: string[] = [];
  const blind = contend(t, {
    client,
    namespace,
    identity: "blind",
    isCurrent: () => {
      asked.push("blind");
      return false;
    },
  });
  await until("a blind one has asked itself often enough", () => asked.length > 3);
  t.is(await holder(), "");
  sees.second = true;
  await until("the second leads", () => second.terms.length === 1);
  t.is(blind.terms.length, 0);
  sees.first = true;
  second.stop.abort();
  await until("the first leads again", () => first.terms.length === 2);
});

test("a leader that is blind for a moment goes on", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const sees: boolean[] = [];
  // Every other time it is asked.
  const isCurrent = () => {
    sees.push(sees.length % 2 === 0);
    return sees.at(-1) === true;
  };
  const first = contend(t, { client, namespace, identity: "first", isCurrent, blindMs: 20_000 });
  await until("it was blind twice", () => sees.filter((saw) => !saw).length > 2);
  t.deepEqual(first.terms, [{ lost: false }]);
});

test("a lease that a backup gives back to us is not taken before whoever led since has stopped", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const first = contend(t, { client, namespace, identity: "first" });
  await until("the first leads", () => first.terms.length === 1);
  const backup = await client.get(leases, { namespace, name: CONTEST });
  await client.mergePatch(leases, `${namespace}/${CONTEST}`, { spec: { holderIdentity: "second" } });
  await until("another leads", () => first.terms[0]?.lost && first.election.leader === "second");
  // The restored lease says what it said then. The second, which wrote until now, has still to find out.
  await client.mergePatch(leases, `${namespace}/${CONTEST}`, { spec: backup.spec });
  await until("the first has seen it", () => first.election.leader === "first");
  t.false(first.election.mayWrite());
  t.is(first.terms.length, 1);
  await until("the first leads again, when the lease has expired", () => first.terms.length === 2);
});

test("a lease of another that lasts longer than ours is waited for", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const spec = { holderIdentity: "gone", leaseDurationSeconds: 8, renewTime: "2026-01-01T00:00:00.000000Z" };
  await client.create(leases, { metadata: { namespace, name: CONTEST }, spec });
  const settings = { ...contestSettings, leaseDurationMs: 1_500, renewDeadlineMs: 1_200, retryPeriodMs: 300 };
  const start = performance.now();
  const { terms } = contend(t, { ...settings, client, namespace, identity: "first" });
  await until("it leads", () => terms.length === 1);
  t.true(performance.now() - start >= 8_000, "not before the other's own time is over");
});

test("a leader counts from when it sent a renewal, not from when the answer came", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const namespace = await newNamespace(t);
  // Every write of the lease is taken at once, and its answer comes when the time to renew it is over already.
  const renewDeadlineMs = 300;
  server.delays = ({ method }) =>
    method === "PUT" || method === "POST" ? sleep(renewDeadlineMs + 20) : undefined;
  const settings = { ...contestSettings, leaseDurationMs: 6_000, renewDeadlineMs, retryPeriodMs: 200 };
  const { election, terms } = contend(t, { ...settings, client, namespace, identity: "first" });
  const taken = async () =>
    (await connect(t)).get(leases, { namespace, name: CONTEST }).then(
      ({ spec }) => spec?.holderIdentity === "first",
      () => false,
    );
  await until("it has taken the lease twice", async () => (await taken()) && election.leader === "first");
  t.false(election.mayWrite(), "another may have seen it so long ago that it starts now");
  t.is(terms.length, 0);
});

test("the lease is kept until the leader has finished, during a shutdown as well", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const { promise: work, resolve: finish } = Promise.withResolvers<void>();
  const election = new LeaderElection({ ...patient, client, namespace, identity: "first", log });
  const stop = new AbortController();
  const running = election.run(stop.signal, () => work);
  await until("it leads", () => election.mayWrite());
  stop.abort();
  const renewTime = async () => (await client.get(leases, { namespace, name: CONTEST })).spec?.renewTime;
  const before = await renewTime();
  await until("it is renewed", async () => (await renewTime()) !== before);
  t.true(election.mayWrite());
  finish();
  await running;
  t.false(election.mayWrite());
});

test("a leader that ends while a renewal is under way gives the lease back all the same", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const direct = await connect(t);
  const namespace = await newNamespace(t);
  const { election, terms, stop, running } = contend(t, { client, namespace, identity: "first" });
  await until("it leads", () => terms.length === 1);
  // Renewed, and never answered: the leader doesn't know.
  const { promise: unanswered, resolve: renewed } = Promise.withResolvers<void>();
  server.delays = ({ method }) => {
    if (method !== "PUT") return undefined;
    server.delays = () => undefined;
    renewed();
    return new Promise(() => {});
  };
  await unanswered;
  stop.abort();
  await running;
  t.false(election.mayWrite());
  const { spec } = await direct.get(leases, { namespace, name: CONTEST });
  t.is(spec?.holderIdentity, "", "another needn't wait until it expires");
});

test("a candidate that is stopped while it takes the lease gives it back, whatever became of the request", async (t) => {
  const server = await FaultServer.start(t);
  const client = await connect(t, { kubeconfig: server.kubeconfig });
  const direct = await connect(t);
  const namespace = await newNamespace(t);
  const first = contend(t, { client, namespace, identity: "first" });
  // Made, and never answered: it doesn't know that it could lead.
  const { promise: unanswered, resolve: made } = Promise.withResolvers<void>();
  server.delays = ({ method }) => {
    if (method !== "POST") return undefined;
    server.delays = () => undefined;
    made();
    return new Promise(() => {});
  };
  await unanswered;
  first.stop.abort();
  await first.running;
  t.is(first.terms.length, 0);
  const { spec } = await direct.get(leases, { namespace, name: CONTEST });
  t.is(spec?.holderIdentity, "", "another needn't wait until it expires");
});

test("what the leader throws ends the election and releases the lease", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const election = new LeaderElection({ ...patient, client, namespace, identity: "first", log });
  const error = new Error("oh no");
  const running = election.run(new AbortController().signal, async () => {
    throw error;
  });
  await t.throwsAsync(running, { is: error });
  t.is((await client.get(leases, { namespace, name: CONTEST })).spec?.holderIdentity, "");
});

test("whether it leads is measured", async (t) => {
  const client = await connect(t);
  const namespace = await newNamespace(t);
  const options = { ...patient, client, namespace, identity: "first", log, metrics: client.metrics };
  const election = new LeaderElection(options);
  const leading = () => sample(client.metrics, "controller_leader", { lease: CONTEST });
  t.is(await leading(), 0);
  const stop = new AbortController();
  const running = election.run(stop.signal, async (lost) => {
    t.is(await leading(), 1);
    stop.abort();
    t.true(lost.aborted);
  });
  await running;
  t.is(await leading(), 0);
});

test("times that can't be safe are refused", async (t) => {
  const client = await connect(t);
  const options = { client, namespace: "default", name: "x", identity: "x", log };
  t.throws(() => new LeaderElection({ ...options, renewDeadlineMs: 15_000 }), { instanceOf: RangeError });
  await t.throwsAsync(client.get(leases, "default/x"), { instanceOf: NotFoundError });
});
