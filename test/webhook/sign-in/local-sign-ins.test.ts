import { randomBytes } from "node:crypto";
import test from "ava";
import { apiRequest } from "../../../dev/control-plane/api-request.ts";
import type { TokenReview } from "../../../kubernetes/index.ts";
import { clusterOfFile } from "../../cluster-of-file.ts";
import { LocalSignInsUnderTest, tokenOf } from "./local-sign-ins-under-test.ts";

const shared = clusterOfFile(test);

/** Sign-ins at an organization with one local admin, Mia. */
async function withMia(...more: Parameters<typeof scene>) {
  const signIns = scene(...more);
  await signIns.account("mia");
  return signIns;
}

function scene(...[more]: [ConstructorParameters<typeof LocalSignInsUnderTest>[1]?]) {
  return new LocalSignInsUnderTest(shared(), more);
}

/** A token that nobody has signed, and that looks in everything else like this one. */
function forgedFrom(token: string): string {
  const [header, payload] = token.split(".");
  return `${header}.${payload}.${randomBytes(256).toString("base64url")}`;
}

test("a token of their service account signs a local admin in", async (t) => {
  const signIns = await withMia();
  t.like(await signIns.complete(await tokenOf(shared())), { kind: "admitted", user: { ref: "team/mia" } });
});

test("what the API server says of a token counts, not what the token says of itself", async (t) => {
  // Of a token that it has signed, the API server says something else only when that was taken back a moment ago.
  const saying = (status: NonNullable<TokenReview["status"]>) =>
    withMia({ client: { create: async (_type, object) => ({ ...object, status }) as never } });
  const audiences = ["https://login.example.com/login/acme"];
  const { namespace } = shared().cluster;
  const of = (username: string, extra = {}) => ({
    ...{ authenticated: true, audiences },
    user: { username, extra },
  });
  const mia = of(`system:serviceaccount:${namespace}:mia`);
  const pod = { "authentication.kubernetes.io/pod-name": ["theirs"] };
  const token = await tokenOf(shared());
  t.is(await (await saying(mia)).why(token), "admitted");
  for (const [status, why] of [
    [{ ...mia, authenticated: false }, "not-valid"],
    [of(mia.user.username, pod), "pod-token"],
    [of("ada"), "not-a-service-account"],
    [of("system:serviceaccount:other:mia"), "other-namespace"],
    [of(`system:serviceaccount:${namespace}:somebody`), "no-account"],
  ] as const)
    t.is(await (await saying(status)).why(token), why);
});

test("what can't be a token of anybody's here is refused without asking the API server about it", async (t) => {
  const signIns = await withMia({ failuresPerMinute: 100 });
  const { client, lines } = signIns;
  t.is(await signIns.why("nonsense"), "not-valid");
  t.like(lines[0], { organization: "team/acme", reason: "not-valid" });
  t.false("serviceAccount" in (lines[0] ?? {}));
  const mine = await tokenOf(shared());
  t.is(await signIns.why(forgedFrom(mine)), "not-valid");
  t.is(
    await signIns.why(await tokenOf(shared(), "mia", { audience: "https://elsewhere.example" })),
    "not-valid",
  );
  t.is(
    await signIns.why(await tokenOf(shared(), "ben")),
    "not-valid",
    "nobody learns that there is no account",
  );
  const [header, payload = "", signature] = mine.split(".");
  const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
  const ada = Buffer.from(JSON.stringify({ ...claims, sub: "ada@acme.example" })).toString("base64url");
  t.is(await signIns.why([header, ada, signature].join(".")), "not-a-service-account");
  await makePod("theirs");
  t.is(await signIns.why(await tokenOf(shared(), "mia", { pod: "theirs" })), "pod-token");
  t.deepEqual(client.calls, []);
});

async function makePod(name: string): Promise<void> {
  const { cluster } = shared();
  const containers = [{ name: "main", image: "none" }];
  const body = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: { serviceAccountName: "mia", containers },
  };
  const path = `/api/v1/namespaces/${cluster.namespace}/pods`;
  const answer = await apiRequest(cluster.controlPlane.admin, "POST", path, { body });
  if (answer.status !== 201) throw new Error(answer.body);
}

test("an account is opened by a service account of the program's own namespace, or of the one that it names", async (t) => {
  const token = await tokenOf(shared());
  const serviceAccountNamespace = shared().cluster.namespace;
  const elsewhere = scene({ namespace: "own" });
  await elsewhere.account("mia");
  t.like(await elsewhere.complete(token), {
    ...{ why: "other-namespace", wanted: "own", user: "team/mia" },
    token: { namespace: serviceAccountNamespace, name: "mia" },
  });
  t.deepEqual(elsewhere.client.calls, [], "asked about nowhere, it holds nobody up");
  const named = await elsewhere.account("named", { serviceAccountNamespace });
  t.like(
    await elsewhere.complete(token),
    { kind: "admitted", user: { ref: named.ref } },
    "and not the other",
  );
});

test("where nobody can say whether the cluster has signed a token, the API server is asked whose it is", async (t) => {
  const keys = { verify: async () => "unknown" as const };
  const signIns = await withMia({ keys, namespace: "own" });
  t.is(await signIns.why(await tokenOf(shared())), "other-namespace");
  t.is(await signIns.why(forgedFrom(await tokenOf(shared()))), "not-valid");
  t.deepEqual(signIns.client.calls, ["create", "create"]);
});

test("two accounts of one service account open neither", async (t) => {
  const signIns = await withMia();
  const other = await signIns.account("mia-too");
  t.is(await signIns.why(await tokenOf(shared())), "several-accounts");
  for (const ref of ["team/mia", other.ref]) t.is(signIns.store.get(ref)?.signIns, undefined);
});

test("failures are logged with their reason, as many as are allowed; successes don't count", async (t) => {
  const signIns = await withMia();
  const mine = await tokenOf(shared());
  const forged = forgedFrom(mine);
  const whys = [];
  for (let i = 0; i < 5; i++) whys.push(await signIns.why(forged));
  t.deepEqual(whys, ["not-valid", "not-valid", "not-valid", "too-many-failures", "too-many-failures"]);
  t.is(signIns.lines.length, 3);
  t.like(signIns.lines[0], {
    ...{ organization: "team/acme", reason: "not-valid" },
    serviceAccount: `${shared().cluster.namespace}/mia`,
  });
  for (let i = 0; i < 5; i++) t.is(await signIns.why(mine), "admitted");
});

test("failures of one account count together whatever address they come from, and those of one address whatever account", async (t) => {
  const signIns = await withMia();
  await signIns.account("ben", { serviceAccountName: "ben" });
  const [mias, bens] = [forgedFrom(await tokenOf(shared())), forgedFrom(await tokenOf(shared(), "ben"))];
  const whys = [];
  for (let i = 0; i < 4; i++) whys.push(await signIns.why(mias, `192.0.2.${i}`));
  t.deepEqual(whys, ["not-valid", "not-valid", "not-valid", "too-many-failures"]);
  t.is(await signIns.why(bens, "192.0.2.9"), "not-valid", "another account's failures are another matter");
  const others = [];
  for (const token of ["nonsense", bens, "nonsense", "nonsense"])
    others.push(await signIns.why(token, "198.51.100.1"));
  t.deepEqual(others, ["not-valid", "not-valid", "not-valid", "too-many-failures"]);
});

test("a crowd of one organization's tokens keeps nobody of another waiting", async (t) => {
  for (const verdict of ["signed", "unknown"] as const) {
    const signIns = await withMia({ keys: { verify: async () => verdict } });
    await signIns.account("mia-of-beta", {}, "team/beta");
    const mine = await tokenOf(shared());
    const held = Promise.withResolvers<void>();
    for (let i = 0; i < 4; i++) signIns.client.before("create", () => held.promise);
    const crowd = Array.from({ length: 9 }, () => signIns.why(mine));
    await new Promise(setImmediate);
    t.is(await signIns.why(mine, undefined, "team/beta"), "admitted", verdict);
    held.resolve();
    await Promise.all(crowd);
  }
});

test("tokens of which nobody can say whether they are true wait apart from those that are", async (t) => {
  let verdict: "signed" | "unknown" = "unknown";
  const signIns = await withMia({ keys: { verify: async () => verdict } });
  const { client } = signIns;
  const mine = await tokenOf(shared());
  const held = Promise.withResolvers<void>();
  for (let i = 0; i < 4; i++) client.before("create", () => held.promise);
  const crowd = Array.from({ length: 9 }, () => signIns.why(mine));
  await new Promise(setImmediate);
  verdict = "signed";
  t.is(await signIns.why(mine), "admitted");
  t.is(client.calls.length, 5, "four of the crowd at once, and this one beside them");
  held.resolve();
  t.deepEqual(
    await Promise.all(crowd),
    Array.from({ length: 9 }, () => "admitted"),
  );
  t.is(client.calls.length, 10);
});
