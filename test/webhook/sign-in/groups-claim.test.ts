import test from "ava";
import { waitFor } from "../../cluster.ts";
import { exactly } from "../../exactly.ts";
import { person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

test("a groups claim that was never set up: the sign-in is refused, the condition says what to do, and then it works", async (t) => {
  const { applyAcme, signIn, users, condition, okta } = await webhookUnderTest(t);
  await applyAcme();
  const missing = okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  const { response } = await signIn("ada");
  t.is(response.status, 502);
  t.true(response.body.includes("Your account stays as it is"));
  const told = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimNotSetUp");
  t.regex(told.message, /no claim "groups".*groups claim filter/);
  t.is((await users()).size, 0);

  missing.stop();
  t.is((await signIn("ada")).response.status, 303);
  await condition("oktaorg", "acme", "GroupsClaimReceived", "True", "Received");
});

test("after an edit of the organization, a claim that still isn't set up is said to be so again", async (t) => {
  const { applyAcme, signIn, condition, okta } = await webhookUnderTest(t);
  await applyAcme();
  okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  t.is((await signIn("ada")).response.status, 502);
  const before = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimNotSetUp");
  await applyAcme({ spec: { displayName: "Acme Inc." } });
  t.is((await signIn("ada")).response.status, 502);
  const after = await waitFor(
    async () => {
      const now = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimNotSetUp");
      return now.observedGeneration === before.observedGeneration ? undefined : now;
    },
    { what: "the condition to be about the organization as it is" },
  );
  t.is(after.observedGeneration, (before.observedGeneration ?? 0) + 1);
  t.is(after.message, before.message);
});

test("a claim that is missing where it came before means no groups: the account is deactivated", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signIn, signedIn, users, okta } = underTest;
  await applyAcme();
  await signedIn("ada");
  await evidenceKnown(underTest);
  // The stand-in leaves an empty claim out, as some providers do.
  okta.settings.emptyGroupsClaim = "omit";
  okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  t.is((await signIn("ada")).response.status, 403);
  t.is((await users()).get("ada@acme.example")?.status?.state, "Deactivated");
  t.is((await users()).get("ada@acme.example")?.spec.groupsFrom, "MissingClaim");
});

test("a claim that stops coming takes from four people at most, even if all come at once; then sign-ins are refused until it is back", async (t) => {
  const names = Array.from({ length: 14 }, (_, i) => `person${i}`);
  const seed = { users: names.map((name) => person(name, ["service_admin"])), groups: ["service_admin"] };
  const underTest = await webhookUnderTest(t, { okta: seed });
  const { applyAcme, signIn, session, users, condition, okta, heard } = underTest;
  await applyAcme();
  const before = await Promise.all(names.map((name) => signIn(name)));
  t.true(before.every(({ response }) => response.status === 303));
  await evidenceKnown(underTest);

  const missing = okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  const answers = await Promise.all(names.map(async (name) => (await signIn(name)).response.status));
  t.is(answers.filter((status) => status === 403).length, 4);
  t.is(answers.filter((status) => status === 502).length, 10, "refused");
  const states = [...(await users()).values()].map(({ status }) => status?.state);
  t.is(states.filter((state) => state === "Deactivated").length, 2, "two more are left to the operator");
  const sessions = await Promise.all(before.map(async ({ cookies }) => (await session(cookies)).status));
  t.is(sessions.filter((status) => status === 200).length, 12, "whose access is stored stays signed in");
  const lost = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimLost");
  t.regex(lost.message, /has stopped arriving/);
  await heard("oktaorg", "acme");
  t.is((await signIn("person13")).response.status, 502);

  missing.stop();
  for (const name of names) t.is((await signIn(name)).response.status, 303, name);
  await condition("oktaorg", "acme", "GroupsClaimReceived", "True", "Received");
});

test("a verdict about the claim outlives an edit of something else, and ends with the client that it was about", async (t) => {
  const names = Array.from({ length: 7 }, (_, i) => `person${i}`);
  const seed = { users: names.map((name) => person(name, ["service_admin"])), groups: ["service_admin"] };
  const underTest = await webhookUnderTest(t, { okta: seed });
  const { applyAcme, signIn, signedIn, condition, okta, heard, webhook } = underTest;
  await applyAcme();
  for (const name of names) await signedIn(name);
  await evidenceKnown(underTest);
  okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  for (const name of names) await signIn(name);
  await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimLost");
  await heard("oktaorg", "acme");

  await applyAcme({ spec: { displayName: "Acme, Inc." } });
  t.is((await signIn("person6")).response.status, 502, "it is as lost as before");
  await webhook.flush(5_000);
  await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimLost");

  await applyAcme({ okta: { clientID: "another" } });
  const unseen = await condition("oktaorg", "acme", "GroupsClaimReceived", "Unknown", "NotSeen");
  t.regex(unseen.message, /Nobody has signed in since/);
});

test("a claim that is a string, or holds what isn't one, is refused and takes nothing from anybody", async (t) => {
  const { applyAcme, signIn, signedIn, session, condition, okta } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  for (const as of ["string", "numbers"] as const) {
    const wrong = okta.misbehave({ fault: { kind: "groups-claim", as } });
    const again = await signIn("ada");
    t.is(again.response.status, 502, as);
    const told = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "ClaimInvalid");
    t.true(told.message.includes('"groups"'));
    t.is((await session(cookies)).status, 200, as);
    wrong.stop();
    await signedIn("ada");
    await condition("oktaorg", "acme", "GroupsClaimReceived", "True", "Received");
  }
});

test("150 groups in a claim count, and the condition says that Okta may cut such lists", async (t) => {
  const groups = ["service_admin", ...Array.from({ length: 149 }, (_, i) => `group-${i}`)];
  const seed = {
    users: [person("ada", groups), person("ben", ["service_admin"])],
    groups,
    manyGroups: "all" as const,
  };
  const { applyAcme, signIn, signedIn, users, condition, webhook } = await webhookUnderTest(t, {
    okta: seed,
  });
  await applyAcme();
  const { response } = await signIn("ada");
  t.is(response.status, 303);
  t.is((await users()).get("ada@acme.example")?.spec.groups?.length, 151, "those, and Everyone");
  const told = await condition("oktaorg", "acme", "GroupsClaimReceived", "True", "TooManyGroups");
  t.regex(told.message, /okta\.directory/);
  await signedIn("ben");
  await webhook.flush(5_000);
  t.is(
    (await condition("oktaorg", "acme", "GroupsClaimReceived", "True")).reason,
    "TooManyGroups",
    "it stays true",
  );
});

test("people who are read from the directory use what Okta has to its end", async (t) => {
  const { okta, applyAcme, signIn } = await webhookUnderTest(t, {
    okta: { rateLimits: { user: 20, other: 8 } },
  });
  const directory = { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  await applyAcme({ okta: { directory } });
  okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  // One after the other: of several at once, the last may have to wait for the others' answers, as long as a person can.
  for (let i = 1; i <= 8; i++) t.is((await signIn("ada")).response.status, 303, `sign-in ${i}`);
  t.is(okta.calls.count({ area: "other" }), 8);
});

test("a list that may be cut gives, and never takes: who would lose by it is refused, and keeps what they have", async (t) => {
  const many = Array.from({ length: 120 }, (_, i) => `group-${i}`);
  const seed = {
    users: [person("ada", ["service_admin", ...many]), person("ben", ["portal_admin"])],
    groups: ["service_admin", "portal_admin", ...many],
    manyGroups: "all" as const,
  };
  const { applyAcme, signIn, signedIn, session, users, condition, heard, okta, lines, webhook } =
    await webhookUnderTest(t, {
      okta: seed,
    });
  await applyAcme();
  const cookies = await signedIn("ada");
  // The mapped one is no longer among those that arrive, though others are.
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  const refused = await signIn("ada");
  t.is(refused.response.status, 502);
  t.true(refused.response.body.includes("Your account stays as it is"));
  t.is((await session(cookies)).status, 200, "and so does the session");
  t.is((await users()).get("ada@acme.example")?.status?.state, "Active");
  t.truthy(lines.find(({ reason }) => reason === "TooManyGroups"));
  const told = await condition("oktaorg", "acme", "GroupsClaimReceived", "False", "TooManyGroups");
  t.regex(told.message, /okta\.directory/);
  await heard("oktaorg", "acme");

  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 502, "one role more doesn't make up for one that is gone");
  okta.directory.addToGroup("service_admin", "ada@acme.example");
  const again = await signIn("ada");
  t.is(again.response.status, 303);
  t.like((await session(again.cookies)).body, {
    roles: exactly({ name: "portal-admin" }, { name: "service-admin" }),
  });
  await signedIn("ben");
  await webhook.flush(5_000);
  t.is(
    (await condition("oktaorg", "acme", "GroupsClaimReceived", "False")).reason,
    "TooManyGroups",
    "it stays false",
  );

  for (const group of many.slice(30)) okta.directory.removeFromGroup(group, "ada@acme.example");
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 303, "a short list is whole");
  t.deepEqual((await users()).get("ada@acme.example")?.status?.roleNames, ["portal-admin"]);
});

test("with a directory, a missing claim is asked there; while it can't be read, nothing is decided", async (t) => {
  const { applyAcme, signIn, users, okta, session } = await webhookUnderTest(t);
  const directory = { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  await applyAcme({ okta: { directory } });
  okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  const { response, cookies } = await signIn("ada");
  t.is(response.status, 303);
  const ada = (await users()).get("ada@acme.example");
  t.is(ada?.spec.groupsFrom, "Directory");
  t.is(ada?.spec.oktaStatus, "ACTIVE");

  const down = okta.misbehave({ fault: { kind: "status", status: 500 }, on: ["management"] });
  t.is((await signIn("ada")).response.status, 503);
  t.is((await session(cookies)).status, 200, "what is stored stays");
  down.stop();

  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  t.is((await signIn("ada")).response.status, 403, "the directory knows");
});

test("a second sign-in writes nothing about the groups claim", async (t) => {
  const underTest = await webhookUnderTest(t);
  const { applyAcme, signedIn, webhook, cluster } = underTest;
  await applyAcme();
  await signedIn("ada");
  await evidenceKnown(underTest);
  const before = webhook.caches.organizations.get(`${cluster.namespace}/acme`)?.metadata.resourceVersion;
  await signedIn("ada");
  await signedIn("raj");
  await webhook.flush(5_000);
  t.is(webhook.caches.organizations.get(`${cluster.namespace}/acme`)?.metadata.resourceVersion, before);
});

/** Until the webhook itself has heard that the claim was received. */
async function evidenceKnown({ condition, heard }: UnderTest): Promise<void> {
  await condition("oktaorg", "acme", "GroupsClaimReceived", "True");
  await heard("oktaorg", "acme");
}
