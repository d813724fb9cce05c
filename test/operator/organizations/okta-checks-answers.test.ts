import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import {
  DirectoryRateLimitedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { HttpStatusError } from "../../../okta/http/http-errors.ts";
import { InvalidClientError } from "../../../okta/oidc/login-errors.ts";
import type { OktaVerdicts } from "../../../operator/organizations/okta-verdicts.ts";
import { SecretNotFoundError, SecretUnreadableError } from "../../../organizations/secret-values.ts";
import { ACME, askedOkta, CALLBACK, WITH_DIRECTORY, WITH_HOOK } from "./asked-okta.ts";

type Scene = ReturnType<typeof askedOkta>;

const refused = new InvalidClientError({ clientID: "0oa1", authentication: "secret" }, undefined);
const kinds = ({ issuer, credentials, directory }: OktaVerdicts) =>
  [issuer, credentials, directory].map(({ kind }) => kind).join(" ");

test("until Okta has answered nothing is said but what needs no answer; that it is being asked, after a moment", async (t) => {
  const { state, checks, look } = askedOkta();
  t.is(kinds(checks.look(ACME, CALLBACK)), "checking checking none");
  t.is(kinds(checks.look(WITH_DIRECTORY, CALLBACK)), "checking checking checking");
  const slow = askedOkta();
  slow.state.isDown = false;
  slow.state.issuer = new Promise(() => {});
  slow.state.secret = new SecretNotFoundError("isn't there");
  slow.state.noDirectory = new SecretNotFoundError("isn't there either");
  const at = (now: number) => {
    slow.state.now = now;
    return slow.checks.look(WITH_DIRECTORY, CALLBACK);
  };
  t.like(at(1_000), { patienceMs: 300, againMs: undefined });
  await new Promise(setImmediate);
  t.is(kinds(at(1_200)), "checking missing failed", "what stands in the way is told at once");
  t.is(at(1_200).patienceMs, 100);
  t.is(at(1_400).patienceMs, 0);
  const readable = askedOkta();
  readable.state.isDown = false;
  readable.state.issuer = new Promise(() => {});
  readable.checks.look(WITH_DIRECTORY, CALLBACK);
  await new Promise(setImmediate);
  t.is(kinds(readable.checks.look(WITH_DIRECTORY, CALLBACK)), "checking checking checking");

  state.isDown = false;
  const { againMs = 0 } = await look(ACME);
  t.is(againMs, 60_000);
  state.now += againMs;
  state.issuer = new Promise(() => {});
  t.like(checks.look(ACME, CALLBACK), { issuer: { kind: "discovered" }, patienceMs: 0 });
});

test("what holds is asked about again after a minute, what doesn't sooner; where a Secret may be the fault, it is read sooner", async (t) => {
  const cases: [(state: Scene["state"]) => void, string, number][] = [
    [() => {}, "discovered resolved reachable", 60_000],
    [(state) => (state.client = refused), "discovered rejected reachable", 10_000],
    [(state) => (state.secret = new SecretNotFoundError("no")), "discovered missing reachable", 10_000],
    [(state) => (state.directory = new Error("no")), "discovered resolved failed", 10_000],
    [
      (state) => (state.noDirectory = new SecretUnreadableError("no")),
      "discovered resolved unreadable",
      10_000,
    ],
    [(state) => (state.isDown = true), "unreachable resolved reachable", 60_000],
    [
      (state) => (state.directory = new DirectoryUnreachableError(new Error("no"))),
      "discovered resolved failed",
      60_000,
    ],
  ];
  for (const [change, expected, wait] of cases) {
    const { state, look, untilAsked } = askedOkta();
    state.isDown = false;
    change(state);
    const first = await look(WITH_DIRECTORY);
    t.is(kinds(first), expected);
    const holds = wait === 60_000 && expected === "discovered resolved reachable";
    t.true(holds ? first.againMs === 60_000 : (first.againMs ?? 0) <= 10_000, expected);
    for (let i = 0; i < 8; i++) await untilAsked(WITH_DIRECTORY);
    const { againMs } = await look(WITH_DIRECTORY);
    t.is(againMs, wait, expected);
  }
});

test("an event hook's secret that isn't there is told, and looked for again soon, without asking Okta more often", async (t) => {
  const { state, look } = askedOkta();
  state.isDown = false;
  state.hook = new SecretNotFoundError("There is no Secret hook.");
  const missing = await look(WITH_HOOK);
  t.deepEqual(missing.eventHook, { kind: "missing", message: "There is no Secret hook." });
  t.is(missing.issuer.kind, "discovered");
  t.is(missing.againMs, 10_000);
  state.hook = undefined;
  state.now += 10_000;
  const found = await look(WITH_HOOK);
  t.deepEqual(found.eventHook, { kind: "found" });
  t.is(state.asked, 1);
  t.is(found.againMs, 50_000, "when Okta is asked again");
});

test("a client that Okta has accepted isn't asked about again for half an hour, unless it was refused or is another", async (t) => {
  const { state, look } = askedOkta();
  state.isDown = false;
  state.now = 24 * 60 * 60_000;
  const after = async (minutes: number) => {
    state.now += minutes * 60_000;
    const { credentials } = await look(ACME);
    return [credentials.kind === "resolved" && credentials.accepted, state.clientAsked];
  };
  t.deepEqual(await after(0), [true, 1]);
  for (let i = 0; i < 29; i++) t.deepEqual(await after(1), [true, 1]);
  t.deepEqual(await after(1), [true, 2]);
  state.secret = "another";
  t.deepEqual(await after(1), [true, 3]);
  state.client = refused;
  state.secret = "a third";
  t.deepEqual(await after(1), [false, 4]);
  state.client = undefined;
  t.deepEqual(await after(1), [true, 5]);
});

test("whether Okta takes the client is told when the issuer is right; what it has taken stays while it can't be asked", async (t) => {
  const { state, look, untilAsked } = askedOkta();
  const note = async () => {
    const { credentials } = await look(ACME);
    return credentials.kind === "resolved" && !credentials.accepted ? credentials.note : credentials;
  };
  t.is(await note(), "Okta will be asked about it once the issuer is right.");
  t.is(state.clientAsked, 0);
  const limited = askedOkta();
  limited.state.isDown = false;
  limited.state.issuer = new HttpStatusError("Okta", 429);
  const { issuer, credentials } = await limited.look(ACME);
  t.like(issuer, { kind: "unread", reason: "IssuerRateLimited" });
  t.like(credentials, {
    accepted: false,
    note: "Okta could not be asked about it yet.",
    isOpen: true,
  });

  state.now += 60_000;
  state.isDown = false;
  t.like(await look(ACME), { credentials: { accepted: true } });
  state.now += 60_000;
  state.issuer = new HttpStatusError("Okta", 429);
  const later = await look(ACME);
  t.like(later, { issuer: { kind: "discovered" }, credentials: { accepted: true } });
  t.true((later.againMs ?? 0) <= 10_000, "it is asked soon");
  for (let i = 0; i < 5; i++) t.true((await untilAsked(ACME)) <= 10_000, "and no later each time");
});

test("a rate limit takes no verdict back and counts as no failure", async (t) => {
  const { state, look, untilAsked } = askedOkta();
  state.isDown = false;
  state.directory = new DirectoryRateLimitedError(1_000);
  t.is((await look(WITH_DIRECTORY)).directory.kind, "unread", "nothing was known before");
  for (let i = 0; i < 5; i++) t.true((await untilAsked(WITH_DIRECTORY)) <= 10_000);
  state.directory = undefined;
  await untilAsked(WITH_DIRECTORY);
  state.directory = new DirectoryRateLimitedError(1_000);
  await untilAsked(WITH_DIRECTORY);
  t.is((await look(WITH_DIRECTORY)).directory.kind, "reachable");
});

test("a directory that answers others anyway isn't asked whether it does; one that answers again is told of, once", async (t) => {
  const { state, look, untilAsked } = askedOkta();
  state.isDown = false;
  state.directory = new DirectoryUnreachableError(new Error("no"));
  await look(WITH_DIRECTORY);
  t.is(state.directoryAsked, 1);
  await untilAsked(WITH_DIRECTORY);
  t.deepEqual(state.recovered, []);
  state.isAnswering = true;
  await untilAsked(WITH_DIRECTORY);
  t.deepEqual(state.recovered, ["access/acme"]);
  t.is(state.directoryAsked, 2);
  await untilAsked(WITH_DIRECTORY);
  t.is(state.recovered.length, 1);
  state.noDirectory = new SecretUnreadableError("no");
  await untilAsked(WITH_DIRECTORY);
  state.noDirectory = undefined;
  await untilAsked(WITH_DIRECTORY);
  t.is(state.recovered.length, 2, "and one whose credentials could not be read");
});

test("nobody is told of what was asked about an organization that is gone, has changed, or is another's to lead", async (t) => {
  const told = async (change: (s: Scene) => unknown, delayed = false) => {
    const s = askedOkta();
    s.state.isDown = false;
    const answer = Promise.withResolvers<void>();
    if (delayed) s.state.issuer = answer.promise;
    s.checks.look(ACME, CALLBACK);
    if (delayed) await new Promise(setImmediate);
    change(s);
    answer.resolve();
    await new Promise(setImmediate);
    return { asked: s.state.asked, answered: s.state.answered };
  };
  for (const change of [
    ({ checks }: Scene) => checks.forget("access/acme"),
    ({ state }: Scene) => state.stop.abort(),
  ]) {
    t.deepEqual(await told(change), { asked: 0, answered: 0 }, "while Secrets are read");
    t.deepEqual(await told(change, true), { asked: 1, answered: 0 }, "while Okta is asked");
  }
  const changed = ({ checks }: Scene) => checks.look(WITH_DIRECTORY, CALLBACK);
  t.deepEqual(await told(changed), { asked: 1, answered: 1 });
  t.deepEqual(await told(() => {}), { asked: 1, answered: 1 });
});

test("an organization that is edited while something doesn't hold is asked about at once; one of which all holds isn't", async (t) => {
  const { state, look } = askedOkta();
  const at = (generation: number) => look({ ...ACME, metadata: { ...ACME.metadata, generation } });
  state.isDown = false;
  await at(1);
  await at(2);
  t.is(state.asked, 1);
  state.client = refused;
  state.now += 31 * 60_000;
  await at(2);
  await at(3);
  t.is(state.asked, 3);
});

test("those whose Okta hangs hold up nobody who is new in their namespace", async (t) => {
  const { state, checks, look } = askedOkta();
  state.isDown = false;
  const hanging = new Promise<void>(() => {});
  const named = (name: string, failed: boolean): Organization =>
    ({
      ...ACME,
      metadata: { ...ACME.metadata, name, uid: name, generation: 1 },
      status: {
        conditions: failed
          ? [{ type: "IssuerDiscovered", status: "False", reason: "R", observedGeneration: 1 }]
          : [],
      },
    }) as unknown as Organization;
  state.issuer = hanging;
  for (let i = 0; i < 64; i++) checks.look(named(`dead${i}`, true), CALLBACK);
  for (let i = 0; i < 100; i++) await new Promise(setImmediate);
  t.is(state.asked, 16, "so many at once");
  state.issuer = undefined;
  t.is((await look(named("new", false))).issuer.kind, "discovered");
});

test("what another leader has asked in vain isn't asked as if it were new", async (t) => {
  const said = (type: string, status: "True" | "False"): Organization =>
    ({
      ...ACME,
      metadata: { ...ACME.metadata, generation: 1 },
      status: { conditions: [{ type, status, reason: "R", observedGeneration: 1 }] },
    }) as Organization;
  for (const type of ["IssuerDiscovered", "DirectoryReachable"])
    t.true(((await askedOkta().look(said(type, "False"))).againMs ?? 0) >= 10_000);
  t.true(((await askedOkta().look(said("IssuerDiscovered", "True"))).againMs ?? 0) <= 10_000);
  t.true(((await askedOkta().look(said("Ready", "False"))).againMs ?? 0) <= 10_000);
});
