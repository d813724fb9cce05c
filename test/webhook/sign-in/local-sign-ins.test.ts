import test from "ava";
import { pino } from "pino";
import type { TokenReview } from "../../../kubernetes/index.ts";
import { LocalSignIns, type LocalSignInsOptions } from "../../../webhook/sign-in/local-sign-ins.ts";
import { user } from "../sessions/session-fixtures.ts";

const AUDIENCE = "https://login.example.com/login/acme";
const MIA = user("team/mia", { source: "Local", serviceAccountName: "mia" });
const CLAIMS = { aud: [AUDIENCE], exp: Date.now() / 1000 + 3600, sub: "system:serviceaccount:own:mia" };
const TOKEN = `e30.${Buffer.from(JSON.stringify(CLAIMS)).toString("base64url")}.AAAA`;

type Status = NonNullable<TokenReview["status"]>;

/** A local sign-in with a token of which the API server says this. */
async function signIn(status: Status, more: Partial<LocalSignInsOptions> = {}, times = 1) {
  const logged: object[] = [];
  const localSignIns = new LocalSignIns({
    client: { create: async (_type, object) => ({ ...object, status }) as never },
    keys: { verify: async () => "signed" },
    store: {
      findByServiceAccount: async () => [MIA],
      update: async (known) => known,
      fresh: async () => MIA,
    },
    policies: { of: () => undefined },
    audit: { write: () => {} },
    events: { record: () => {} },
    log: pino({ level: "info" }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    namespace: "own",
    failuresPerMinute: 3,
    ...more,
  });
  let result = await localSignIns.complete("team/acme", TOKEN, { audience: AUDIENCE, address: "192.0.2.1" });
  for (let i = 1; i < times; i++)
    result = await localSignIns.complete("team/acme", TOKEN, { audience: AUDIENCE, address: "192.0.2.1" });
  return { result, logged };
}

const ACCEPTED: Status = {
  authenticated: true,
  audiences: [AUDIENCE],
  user: { username: "system:serviceaccount:own:mia" },
};

test("what the API server says of a token counts, not what the token says of itself", async (t) => {
  t.is((await signIn(ACCEPTED)).result.kind, "admitted");
  const pod = { "authentication.kubernetes.io/pod-name": ["theirs"] };
  const cases: [Status, string][] = [
    [{ ...ACCEPTED, user: { ...ACCEPTED.user, extra: pod } }, "pod-token"],
    [{ ...ACCEPTED, authenticated: false }, "not-valid"],
    [{ ...ACCEPTED, audiences: [] }, "not-valid"],
    [{ authenticated: true, user: ACCEPTED.user ?? {} }, "not-valid"],
    [{ ...ACCEPTED, user: { username: "ada" } }, "not-a-service-account"],
    [{ ...ACCEPTED, user: { username: "system:serviceaccount:other:mia" } }, "other-namespace"],
    [{ ...ACCEPTED, user: { username: "system:serviceaccount:own:somebody" } }, "no-account"],
  ];
  for (const [status, why] of cases) t.like((await signIn(status)).result, { kind: "refused", why }, why);
});

test("an account is opened by a service account of the program's own namespace, or of the one that it names", async (t) => {
  const there = { ...MIA, serviceAccountNamespace: "there" };
  const store = {
    findByServiceAccount: async () => [there],
    update: async () => there,
    fresh: async () => there,
  };
  t.like((await signIn(ACCEPTED, { store })).result, {
    why: "other-namespace",
    wanted: "there",
    user: "team/mia",
  });
  const theirs = { ...ACCEPTED, user: { username: "system:serviceaccount:there:mia" } };
  const keys = { verify: async () => "unknown" as const };
  t.is((await signIn(theirs, { store, keys })).result.kind, "admitted");
  const both = { ...store, findByServiceAccount: async () => [MIA, there] };
  t.is((await signIn(ACCEPTED, { store: { ...both, update: async () => MIA } })).result.kind, "admitted");
});

test("a true token of another namespace's service account of that name is asked about nowhere: it holds nobody up", async (t) => {
  const there = { ...MIA, serviceAccountNamespace: "there" };
  const store = {
    findByServiceAccount: async () => [there],
    update: async () => there,
    fresh: async () => there,
  };
  const client = { create: () => t.fail("asked") as never };
  t.like((await signIn(ACCEPTED, { store, client })).result, { why: "other-namespace", wanted: "there" });
  const keys = { verify: async () => "unknown" as const };
  t.like(
    (await signIn(ACCEPTED, { store, keys })).result,
    { why: "other-namespace" },
    "where the keys can't be read",
  );
});

test("failures are logged with their reason, as many as are allowed; successes don't count", async (t) => {
  const failed = await signIn({ ...ACCEPTED, authenticated: false }, {}, 10);
  t.like(failed.result, { kind: "refused", why: "too-many-failures" });
  t.is(failed.logged.length, 3);
  t.like(failed.logged[0], { organization: "team/acme", reason: "not-valid", serviceAccount: "own/mia" });
  t.is((await signIn(ACCEPTED, {}, 10)).result.kind, "admitted");
});
