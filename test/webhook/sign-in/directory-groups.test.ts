import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { CompiledPolicy } from "../../../identity/index.ts";
import { ConnectionError } from "../../../kubernetes/index.ts";
import { DirectoryClients } from "../../../organizations/directory-clients.ts";
import { groupsInDirectory } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { clusterOfFile } from "../../cluster-of-file.ts";
import { exactly } from "../../exactly.ts";
import { API_TOKEN, group, Org, oktaError, user } from "../../okta/directory/org.ts";
import { organization, withDirectory } from "../../organizations/organization.ts";
import { SecretsUnderTest } from "../../organizations/secrets-under-test.ts";
import { claim, MISSING, many, type Options, signInsUnderTest } from "./okta-sign-ins-under-test.ts";

const shared = clusterOfFile(test);
const USER = "/api/v1/users/00u1";

/** An organization whose directory has one person, who is in these groups. */
async function scene(t: ExecutionContext, ...groups: Record<string, unknown>[]) {
  const org = await Org.start();
  t.teardown(() => org[Symbol.asyncDispose]());
  const { namespace } = shared().cluster;
  const secrets = new SecretsUnderTest(shared());
  const name = `okta-${randomUUID()}`;
  await secrets.write(name, { token: API_TOKEN });
  const without = organization(`${namespace}/acme`, "acme");
  const place = withDirectory(without, org.server.url, { name, key: "token" });
  const directories = new DirectoryClients({ secrets: secrets.values, http: org.http, maxWaitMs: 0 });
  const is = (status: string): void => {
    org.server.routes[USER] = () => ({ body: user("00u1", status) });
  };
  is("ACTIVE");
  org.server.routes[`${USER}/groups`] = () => ({ body: groups });
  /** From now on the directory doesn't answer. */
  const leave = (): void => {
    for (const path of [USER, `${USER}/groups`]) org.server.routes[path] = () => oktaError(503, "E0000009");
  };
  const signIns = (options: Options = {}) => signInsUnderTest({ place, directories, ...options });
  return { server: org.server, secrets, without, place, directories, is, leave, signIns };
}

const BY_ID = new CompiledPolicy(
  [{ name: "service-admin" }],
  [
    { name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] },
    { name: "by-id", groups: [{ id: "00g1", currentName: "portal_admin" }], roles: ["service-admin"] },
  ],
);

test("the directory is asked where the claim doesn't say enough", async (t) => {
  const { signIns, server, is } = await scene(t, group("00g9", "service_admin"));
  const enough = signIns();
  t.like(await enough.complete(claim("service_admin")), { kind: "admitted", user: { groupsFrom: "Claim" } });
  t.deepEqual(server.calls, []);
  const missing = signIns();
  t.like(await missing.complete(MISSING), { kind: "admitted", user: { groupsFrom: "Directory" } });
  t.deepEqual(missing.told.claim, ["Unknown ReadFromDirectory"]);
  t.like(await signIns().complete(many()), { kind: "admitted", user: { groupsFrom: "Directory" } });
  const byID = signIns({ policy: BY_ID });
  t.like(await byID.complete(claim("service_admin")), {
    kind: "admitted",
    user: { groupsFrom: "Directory" },
  });
  is("SUSPENDED");
  t.like(await signIns().complete(MISSING), { kind: "refused", access: { reason: "NotActiveInOkta" } });
});

test("who is in more groups than an account holds is admitted by those that are mapped, wherever in the list they are", async (t) => {
  const others = Array.from({ length: 5_000 }, (_, i) => group(`00g${i}`, `group-${i}`));
  const { signIns } = await scene(t, ...others, group("00gLast", "service_admin"));
  const { complete } = signIns();
  const admitted = await complete(many());
  t.like(admitted, { kind: "admitted" });
  t.is(admitted.kind === "admitted" && admitted.user.groups.length, 5_000);
});

test("where there is no directory, the claim has to do", async (t) => {
  const { signIns, without, server } = await scene(t);
  const none = signIns({ place: without, policy: BY_ID });
  t.like(await none.complete(claim("service_admin")), { kind: "admitted", user: { groupsFrom: "Claim" } });
  t.like(await none.complete(MISSING), { kind: "undecided", reason: "ClaimNotSetUp" });
  t.deepEqual(server.calls, []);
});

test("while the directory can't be read, those wait whom it could concern, and nobody else", async (t) => {
  const { signIns, leave } = await scene(t, group("00g1", "portal_admin"));
  const { complete: signIn, store } = signIns({ policy: BY_ID });
  t.like(await signIn(claim("portal_admin")), { kind: "admitted" });
  leave();
  const waits = { kind: "undecided", reason: "DirectoryUnavailable" } as const;
  for (const needed of [MISSING, many("service_admin")]) t.like(await signIns().complete(needed), waits);
  const ids = signIns({ policy: BY_ID });
  t.like(await ids.complete(claim("service_admin")), { kind: "admitted", user: { groupsFrom: "Claim" } });
  t.like(await ids.complete(claim("portal_admin")), waits);
  const holder = signIns({ policy: BY_ID, store });
  t.like(await holder.complete(claim("service_admin")), waits, "who holds a role by an id may lose it");
  t.like((await holder.ada())?.access, { active: true, grants: exactly({ mapping: "by-id" }) });
});

test("what the directory says of a person are their groups and status; a failure of Okta's or of the cluster's is an answer", async (t) => {
  const { directories, place, without, secrets, is, leave } = await scene(t, group("00g1", "a"));
  const asked = (of = place) => groupsInDirectory(directories, of, "00u1");
  t.deepEqual(await asked(without), { kind: "none" });
  secrets.client.fail("get", new ConnectionError("refused", { sent: false }));
  t.like(await asked(), { kind: "failed" });
  is("STAGED");
  t.deepEqual(await asked(), { kind: "groups", groups: [{ id: "00g1", name: "a" }], status: "STAGED" });
  leave();
  t.like(await asked(), { kind: "failed" });
  const mistaken = { ask: () => Promise.reject(new TypeError("a mistake")) };
  await t.throwsAsync(groupsInDirectory(mistaken, place, "00u1"), { instanceOf: TypeError });
});

test("what Okta says of a login that looks like the person's ID counts for nothing", async (t) => {
  const { directories, place, server } = await scene(t);
  server.routes["/api/v1/users/bob"] = () => ({ body: user("00uBOB", "SUSPENDED") });
  server.routes["/api/v1/users/bob/groups"] = () => ({ body: [group("00gAdmins", "admins")] });
  t.like(await groupsInDirectory(directories, place, "bob"), { kind: "failed" });
});
