import test from "ava";
import { oktaHints } from "../../../crds/resources.ts";
import type { PersonHint } from "../../../crds/types.ts";
import { system } from "../../../dev/okta/directory/parties.ts";
import { changeStatus, type LifecycleOperation } from "../../../dev/okta/directory/user-lifecycle.ts";
import type { Cause } from "../../../identity/causes.ts";
import { waitFor } from "../../cluster.ts";
import { followed } from "./followed.ts";

const active = (user: { status?: { conditions?: { type: string; reason: string; message: string }[] } }) =>
  user.status?.conditions?.find(({ type }) => type === "Active");

test("who leaves the last mapped group in Okta is deactivated without a login; who moves gets other roles", async (t) => {
  const { okta, lines, member, untilState, untilRead } = await followed(t);
  const ada = await member("ada", "web");
  const bob = await member("bob", "web", "unmapped");
  await untilRead();
  await untilState(ada, "Active", ["service-admin"]);

  okta.directory.removeFromGroup("web", "ada@acme.example");
  okta.directory.addToGroup("portal", "bob@acme.example");
  okta.directory.removeFromGroup("web", "bob@acme.example");
  t.is(active(await untilState(ada, "Deactivated"))?.reason, "NoMappedGroup");
  await untilState(bob, "Active", ["portal-admin"]);
  const revoked = await waitFor(
    () => lines.find((line) => line.action === "deactivate" && line.email === "ada@acme.example"),
    { what: "the audit line" },
  );
  t.like(revoked, { cause: { by: "directory" } });

  okta.directory.addToGroup("web", "ada@acme.example");
  await untilState(ada, "Active", ["service-admin"]);
});

test("who is suspended, deprovisioned or deleted in Okta is out, whatever groups they are in; others aren't held up", async (t) => {
  const { okta, member, untilState, untilRead } = await followed(t);
  const users = new Map<string, Awaited<ReturnType<typeof member>>>();
  for (const name of ["ada", "bob", "cy", "dan", "eve", "fay"]) users.set(name, await member(name, "web"));
  const [ada, bob, cy, fay] = ["ada", "bob", "cy", "fay"].map((name) => users.get(name));
  if (!ada || !bob || !cy || !fay) throw new Error("nobody");
  await untilRead();
  const become = (login: string, operation: LifecycleOperation): void =>
    changeStatus(okta.directory, okta.directory.user(login), operation, system);

  become("ada@acme.example", "suspend");
  become("bob@acme.example", "deactivate");
  become("cy@acme.example", "deactivate");
  okta.directory.deleteUser("cy@acme.example");
  t.regex(active(await untilState(ada, "Deactivated"))?.message ?? "", /SUSPENDED/);
  t.regex(active(await untilState(bob, "Deactivated"))?.message ?? "", /DEPROVISIONED/);
  t.regex(active(await untilState(cy, "Deactivated"))?.message ?? "", /DELETED/);
  await untilState(fay, "Active", ["service-admin"]);
  become("ada@acme.example", "unsuspend");
  await untilState(ada, "Active", ["service-admin"]);
});

test("whom Okta doesn't show, and nothing says is deleted, keeps everything; the condition names them", async (t) => {
  const { okta, signedIn, member, readEverything, untilRead, condition, user } = await followed(t);
  await member("ada", "web");
  const hidden = await signedIn("00uHidden", ["web"], { services: [["web"], ["service-admin"]] });
  await untilRead();
  await readEverything();
  const { message } = await condition("oktaorg", "acme", "DirectorySynced", "True", "SyncedInPart");
  t.regex(message, /00uHidden@acme\.example/);
  t.is((await user(hidden.ref)).status?.state, "Active");
  t.is(okta.requests.management > 0, true);
});

test("a group that is deleted in Okta takes its role with it, and one that comes back gives it", async (t) => {
  const { okta, member, untilState, untilRead, condition } = await followed(t);
  const ada = await member("ada", "web", "portal");
  await untilRead();
  okta.directory.deleteGroup("web");
  await untilState(ada, "Active", ["portal-admin"]);
  await condition("orm", "services", "GroupsResolved", "False", "GroupNotFound");
  okta.directory.addGroup("web");
  okta.directory.addToGroup("web", "ada@acme.example");
  const { status } = await untilState(ada, "Active", ["portal-admin", "service-admin"]);
  await condition("orm", "services", "GroupsResolved", "True");
  t.is(status?.roles?.find(({ name }) => name === "service-admin")?.group, "web");
});

test("a group that the credentials may no longer see takes nothing, and the conditions say so; once deleted it does", async (t) => {
  const { okta, member, readEverything, untilState, untilRead, condition, user } = await followed(t);
  const ada = await member("ada", "web");
  const bob = await member("bob", "web", "portal");
  await untilRead();
  await untilState(ada, "Active", ["service-admin"]);
  okta.settings.hiddenGroups = [okta.directory.group("web").id];
  okta.directory.removeFromGroup("portal", "bob@acme.example");
  await untilState(bob, "Active", ["service-admin"]);
  await readEverything();
  const { message } = await condition("oktaorg", "acme", "DirectorySynced", "True", "SyncedInPart");
  t.regex(message, /the groups "web"/);
  t.is((await user(ada.ref)).status?.state, "Active");
  // Somebody renames it, so that it is looked up.
  okta.directory.updateGroup("web", { name: "web", description: "ours" });
  await condition("orm", "services", "GroupsResolved", "False", "GroupNotShown");
  await readEverything();
  t.is((await user(ada.ref)).status?.state, "Active");
  okta.directory.deleteGroup("web");
  await untilState(ada, "Deactivated");
  await untilState(bob, "Deactivated");
  await condition("orm", "services", "GroupsResolved", "False", "GroupNotFound");
});

test("a group that is renamed in Okta takes its role with it, also from who has it stored with its id", async (t) => {
  const { store, okta, cluster, person, untilRead, untilState, condition } = await followed(t, {
    directory: { provision: "BeforeLogin" },
  });
  const subject = person("ada", "web");
  await untilRead();
  const issuer = okta.issuer("default");
  const ada = await store.freshBySubject(`${cluster.namespace}/acme`, { issuer, subject });
  if (!ada) throw new Error("ada has no account");
  t.not((await untilState(ada, "Active", ["service-admin"])).spec.groups?.[0]?.id, undefined);
  okta.directory.updateGroup("web", { name: "net" });
  await condition("orm", "services", "GroupsResolved", "False", "GroupNotFound");
  const { spec } = await untilState(ada, "Deactivated");
  t.true(spec.groups?.some(({ name }) => name === "net"));
  okta.directory.updateGroup("net", { name: "web" });
  await untilState(ada, "Active", ["service-admin"]);
});

test("a hint is looked at at once, and while Okta's reads are behind, until they aren't; nobody flaps", async (t) => {
  const { okta, lines, hear, member, untilState, untilDone, untilRead } = await followed(t, {
    directory: { pollInterval: "1h" },
  });
  const ada = await member("ada", "web");
  await untilRead();
  const [{ id } = { id: "" }] = [...okta.directory.groups].filter(({ profile }) => profile.name === "web");
  okta.settings.readLagMs = 3_000;
  okta.directory.removeFromGroup("web", "ada@acme.example");
  const eventTime = new Date().toISOString();
  const hint = { kind: "person", id: ada.subject ?? "", eventTime, left: [id] } as const;
  await hear(hint);
  await hear(hint);
  await untilState(ada, "Deactivated");
  await untilDone();
  // Where a busy machine is long between a sign-in's two writes, the operator makes the second, and has a line of that.
  const changes = lines
    .filter(({ action }) => action === "deactivate" || action === "activate")
    .filter(({ cause }) => (cause as Cause).reason !== "SignInFinished");
  t.is(changes.length, 1);
});

test("what Okta's log tells of somebody who has no account is noted once they have one, by a sign-in that knows nothing of it", async (t) => {
  const { client, cluster, okta, person, member, signedIn, untilRead } = await followed(t);
  const untilNoted = (what: string, isIt: (person: PersonHint) => boolean) =>
    waitFor(
      async () => {
        const hints = await client.get(oktaHints, `${cluster.namespace}/acme`);
        return hints.spec.people?.find(isIt);
      },
      { what: `it to be noted that ${what}` },
    );
  const subject = person("ada", "web");
  const bob = await member("bob", "web");
  await untilRead();
  // In this order in the log: when it is noted of Bob, nobody has cared for Ada.
  for (const name of ["ada", "bob"]) okta.directory.removeFromGroup("web", `${name}@acme.example`);
  await untilNoted("Bob has left", ({ id, left = [] }) => id === bob.subject && left.length > 0);
  await signedIn(subject, ["web"], { services: [["web"], ["service-admin"]] });
  const { joined, left } = await untilNoted("Ada is to be looked at", ({ id }) => id === subject);
  t.deepEqual([joined, left], [undefined, undefined]);
});

test("who is activated in Okta after they came into a mapped group gets an account then, where people get one early", async (t) => {
  const { store, okta, cluster, untilRead, untilState } = await followed(t, {
    directory: { provision: "BeforeLogin" },
  });
  await untilRead();
  const { id: subject } = okta.directory.addUser({
    login: "eve@acme.example",
    status: "STAGED",
    password: "a secret",
    groups: ["web"],
  });
  const find = () =>
    store.freshBySubject(`${cluster.namespace}/acme`, { issuer: okta.issuer("default"), subject });
  t.is(await find(), undefined);
  changeStatus(okta.directory, okta.directory.user("eve@acme.example"), "activate", system);
  const eve = await waitFor(find, { what: "the account" });
  await untilState(eve, "Active", ["service-admin"]);
});

test("people get their accounts before they sign in where an organization says so, and sign in to these", async (t) => {
  const { store, okta, cluster, person, untilRead, untilState } = await followed(t, {
    directory: { provision: "BeforeLogin" },
  });
  const ada = person("ada", "web");
  person("bob", "unmapped");
  await untilRead();
  const issuer = okta.issuer("default");
  const organization = `${cluster.namespace}/acme`;
  const user = await store.freshBySubject(organization, { issuer, subject: ada });
  if (!user) throw new Error("ada has no account");
  await untilState(user, "Active", ["service-admin"]);
  t.is(user.lastLoginTime, undefined);

  const cy = person("cy", "portal");
  await waitFor(async () => store.freshBySubject(organization, { issuer, subject: cy }), {
    what: "cy to have an account",
  });
  const everybody = [];
  for await (const each of store.users(organization)) everybody.push(each.email);
  t.deepEqual(everybody.sort(), ["ada@acme.example", "cy@acme.example"]);
});

test("what was heard while no operator ran is looked at by the next one", async (t) => {
  const { okta, hear, member, untilState, untilDone, untilRead, start, stop } = await followed(t);
  const ada = await member("ada", "web");
  await untilRead();
  await stop();
  okta.directory.removeFromGroup("web", "ada@acme.example");
  await hear({ kind: "person", id: ada.subject ?? "", eventTime: new Date().toISOString() });
  start();
  t.is(active(await untilState(ada, "Deactivated"))?.reason, "NoMappedGroup");
  await untilDone();
});

test("reading everything leaves calls of Okta's rate limit to others, and waits for its next window", async (t) => {
  const s = await followed(t, { directory: { pollInterval: "1h" } });
  const { okta, lines, organization } = s;
  await s.member("ada", "web", "portal");
  await s.untilRead();
  await s.stop(); // what it knows of Okta's windows goes with it

  const { id = "" } = [...okta.directory.groups].find(({ profile }) => profile.name === "web") ?? {};
  const members = `/api/v1/groups/${id}/users`;
  const headers = { authorization: `SSWS ${okta.apiToken}` };
  const body = await (await fetch(okta.url + members, { headers })).text();
  const reset = Math.ceil(Date.now() / 1000) + 8;
  // Of 20 calls, what reads everything leaves 12 to others; what looks at a change goes on until 10 are left.
  const left = {
    "X-Rate-Limit-Limit": "20",
    "X-Rate-Limit-Remaining": "12",
    "X-Rate-Limit-Reset": `${reset}`,
  };
  okta.misbehave({
    path: "^/api/v1/groups/[^/]+/users",
    times: 1,
    fault: { kind: "status", status: 200, headers: { "Content-Type": "application/json", ...left }, body },
  });
  okta.calls.clear();
  await s.cluster.kubectl("annotate", "oktaorg", "acme", "rolemapping.dev/sync=everything");
  s.start();
  await waitFor(
    async () => (await organization()).status?.directory?.lastFullSyncRequest === "everything" || undefined,
    { what: "everything to be read" },
  );
  const [, second] = okta.calls.of({ endpoint: "/api/v1/groups/{id}/users" });
  t.true((second?.time ?? 0) >= reset * 1000);
  t.false(lines.some(({ part }) => part === "pass"));
});

test("a leader that hears of the cluster no more looks at nobody in Okta until it does", async (t) => {
  let isCurrent = true;
  const { okta, cluster, store, person, hear, condition, editAcme, untilRead } = await followed(t, {
    isCurrent: () => isCurrent,
    directory: { provision: "BeforeLogin" },
  });
  await untilRead();
  await condition("oktaorg", "acme", "Ready", "True");
  isCurrent = false;
  const subject = person("ada", "web");
  await hear({ kind: "person", id: subject, eventTime: new Date().toISOString() });
  // The status doesn't say anything else by that, so a later change shows that it was passed over.
  await editAcme({ displayName: "Acme Ltd" });
  await condition("oktaorg", "acme", "Ready", "True");
  t.false([...okta.calls].some(({ url }) => url.includes(subject)));
  isCurrent = true;
  const issuer = okta.issuer("default");
  await waitFor(() => store.freshBySubject(`${cluster.namespace}/acme`, { issuer, subject }), {
    what: "ada to have an account",
  });
});

test("while Okta refuses the credentials nobody loses anything; the condition says what to do, and then it is caught up with", async (t) => {
  const { okta, hear, member, user, condition, untilState, untilRead } = await followed(t);
  const ada = await member("ada", "web");
  await untilRead();
  okta.misbehave({ on: ["management"], fault: { kind: "status", status: 401 } });
  okta.directory.removeFromGroup("web", "ada@acme.example");
  await hear({ kind: "person", id: ada.subject ?? "", eventTime: new Date().toISOString() });
  const { message } = await condition("oktaorg", "acme", "DirectorySynced", "False", "DirectoryUnauthorized");
  t.regex(message, /What is stored stays/);
  t.is((await user(ada.ref)).status?.state, "Active");
  okta.behave();
  await untilState(ada, "Deactivated");
  await condition("oktaorg", "acme", "DirectorySynced", "True");
});

test("without a right to Okta's log the groups tell whose members have changed, and the condition says what is missing", async (t) => {
  const { okta, member, organization, start, untilState } = await followed(t, { autoStart: false });
  okta.misbehave({ path: "^/api/v1/logs", fault: { kind: "status", status: 403 } });
  const ada = await member("ada", "web");
  start();
  await waitFor(
    async () => {
      const { conditions = [] } = (await organization()).status ?? {};
      const synced = conditions.find(({ type }) => type === "DirectorySynced");
      return /grant the app okta\.logs\.read/.test(synced?.message ?? "") || undefined;
    },
    { what: "the condition to say what is missing" },
  );
  okta.directory.removeFromGroup("web", "ada@acme.example");
  t.is(active(await untilState(ada, "Deactivated"))?.reason, "NoMappedGroup");
});
