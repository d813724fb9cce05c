import test from "ava";
import type { OktaRoleMapping } from "../../../crds/types.ts";
import { noAccess, StaleUserError, StoreError } from "../../../identity/index.ts";
import { HttpConnectionError } from "../../../okta/http/http-errors.ts";
import { UnknownOrganizationError } from "../../../webhook/organizations.ts";
import { notShownIndex } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { exactly } from "../../exactly.ts";
import { account } from "../../identity/an-account.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { ACME, ADA, claim, MISSING, many, signInsUnderTest } from "./okta-sign-ins-under-test.ts";

const SEEN = {
  issuer: "https://acme.okta.com",
  clientID: "0oa1",
  claim: "groups",
  receivedTime: "2026-01-01T00:00:00Z",
};

test("the first sign-in makes an account, and everybody concerned is told; the next is a time to be noted", async (t) => {
  const { complete, told, outcomes, seconds } = signInsUnderTest();
  const before = Date.now();
  const began = performance.now();
  const first = await complete(claim("service_admin"));
  t.like(first, { kind: "admitted", user: { email: "ada@acme.example" } });
  t.false("explanation" in first);
  t.true((await seconds()) <= (performance.now() - began) / 1000);
  t.deepEqual(
    told.audit.map(({ action }) => action),
    ["activate", "grant"],
  );
  t.deepEqual(told.signedIn, ["ada@acme.example"]);
  t.deepEqual(told.claim, ["True Received"]);
  t.deepEqual(told.noted, []);
  t.like(await complete(claim("service_admin")), { kind: "admitted" });
  t.is(told.audit.length, 2);
  t.is(told.signedIn.length, 2);
  t.like(told.noted, exactly({ 1: { outcome: "Admitted", reason: "MappedGroup" } }));
  t.true((told.noted[0]?.[1].at ?? 0) >= before);
  t.is(told.disposed, 2);
  t.deepEqual(await outcomes(), ["admitted 2"]);
});

test("who is in no mapped group is refused, with the groups that came and why they don't do", async (t) => {
  const { complete, told, outcomes } = signInsUnderTest();
  const result = await complete(claim("marketing"));
  t.like(result, { kind: "refused", groups: exactly({ name: "marketing" }), user: undefined });
  t.true(result.kind === "refused" && result.explanation.obstacles.length > 0);
  const nearly = await complete(claim("Service_Admin"));
  t.is(nearly.kind === "refused" && nearly.explanation.misses.length, 1, "one is nearly it");
  t.is(told.written, 0, "there is no account of which anything could be recorded");
  t.deepEqual([told.signedIn, told.noted], [[], []]);
  t.deepEqual(await outcomes(), ["refused 2"]);
});

test("who has left the last mapped group is deactivated, which is recorded; that they come again is noted", async (t) => {
  const { complete, told } = signInsUnderTest();
  await complete(claim("service_admin"));
  t.like(await complete(claim("marketing")), { kind: "refused", user: { access: { active: false } } });
  t.true(told.audit.some(({ action }) => action === "deactivate"));
  t.deepEqual(told.noted, []);
  await complete(claim("marketing"));
  t.like(told.noted, exactly({ 1: { outcome: "Refused", reason: "NoMappedGroup" } }));
  t.is(told.signedIn.length, 1);
});

test("what a safeguard holds leaves the account as it is, and says so", async (t) => {
  const { complete, told, ada } = signInsUnderTest({ decision: "hold" });
  await complete(claim("service_admin"));
  const result = await complete(claim("marketing"));
  t.like(result, { kind: "undecided", reason: "DeactivationsHeld" });
  t.true(result.kind === "undecided" && result.why !== "");
  t.true((await ada())?.access?.active);
  t.like(told.noted, exactly({ 1: { outcome: "Refused", reason: "DeactivationsHeld" } }));
});

test("a claim that can't be used decides nothing: it is told of, and noted of those who have an account", async (t) => {
  const { complete, told, ada } = signInsUnderTest();
  const invalid = { kind: "invalid", why: "It is a number." } as const;
  t.deepEqual(await complete(invalid), { kind: "undecided", reason: "ClaimInvalid", why: "It is a number." });
  t.deepEqual(told.claim, ["False ClaimInvalid"]);
  t.deepEqual(told.noted, []);
  await complete(claim("service_admin"));
  await complete(invalid);
  const [[ref, signIn] = []] = told.noted;
  t.is(ref, (await ada())?.ref);
  t.like(signIn, { outcome: "Refused", reason: "ClaimInvalid" });
  t.is(told.disposed, 1, "nobody was asked for leave");
});

test("a claim that has stopped coming is told of as lost, and takes nothing", async (t) => {
  const seen = { ...ACME, status: { groupsClaim: SEEN } };
  const { complete: signIn, store } = signInsUnderTest({ place: seen });
  await signIn(claim("service_admin"));
  const { complete, told, ada } = signInsUnderTest({ place: seen, isClaimLost: true, store });
  t.like(await complete(MISSING), { kind: "undecided", reason: "ClaimLost" });
  t.deepEqual(told.claim, ["False ClaimLost"]);
  t.like(told.noted, exactly({ 1: { outcome: "Refused", reason: "ClaimLost" } }));
  t.true((await ada())?.access?.active);
});

test("a list of a hundred groups may be cut: it gives, and where it would take the account stays as it is", async (t) => {
  const { complete, told } = signInsUnderTest();
  t.like(await complete(many("service_admin")), { kind: "admitted" });
  t.deepEqual(told.claim, ["True TooManyGroups"]);
  t.like(await complete(many()), { kind: "undecided", reason: "TooManyGroups" });
  t.deepEqual(told.claim, ["True TooManyGroups", "False TooManyGroups"]);
  const held = signInsUnderTest({ decision: "hold" });
  await held.complete(claim("service_admin"));
  await held.complete(claim("marketing"));
  t.deepEqual(held.told.claim, ["True Received", "True Received"], "held for another reason");
});

test("of a group that the directory shows to nobody it isn't known who is in it: what is stored stays", async (t) => {
  const store = new SimulatedStore();
  await signInsUnderTest({ store }).complete(claim("service_admin", "marketing"));
  const directories = {
    ask: async () => ({ kind: "groups", groups: [{ id: "00g9", name: "crew" }], status: "ACTIVE" }) as never,
  };
  const mapping = (shown?: false): OktaRoleMapping => ({
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "team", name: "services" },
    spec: {
      organizationRef: { name: "acme" },
      groups: [{ name: "service_admin" }],
      roles: ["service-admin"],
    },
    status: {
      groups: [{ name: "crew" }, { name: "service_admin", ...(shown === undefined ? {} : { shown }) }],
    },
  });
  const notShown = (of: OktaRoleMapping) => (notShownIndex.notShown(of).includes("team/acme") ? [of] : []);
  const hidden = signInsUnderTest({ store, directories, mappingsNotShown: notShown(mapping(false)) });
  t.like(await hidden.complete(MISSING), { kind: "admitted" });
  t.deepEqual((await hidden.ada())?.groups.map(({ name }) => name).sort(), ["crew", "service_admin"]);
  const shown = signInsUnderTest({ store, directories, mappingsNotShown: notShown(mapping()) });
  t.like(await shown.complete(MISSING), { kind: "refused" });
});

test("attributes that couldn't be read stay as they are stored, where there were some", async (t) => {
  const { complete, ada } = signInsUnderTest();
  const unread = new HttpConnectionError("Okta", "no");
  const named = async (more: object, isUnread = true) => {
    await complete(claim("service_admin"), {
      person: { ...ADA, emailVerified: false, ...more },
      ...(isUnread ? { unread } : {}),
    });
    const { email, name } = (await ada()) ?? {};
    return [email, name];
  };
  t.deepEqual(await named({}), [undefined, undefined]);
  t.deepEqual(await named({ email: "ada@acme.example", name: "Ada" }), ["ada@acme.example", "Ada"]);
  t.deepEqual(await named({}), ["ada@acme.example", "Ada"]);
  t.deepEqual(await named({ name: "Ada B." }), ["ada@acme.example", "Ada B."]);
  t.deepEqual(await named({ email: "b@acme.example" }), ["b@acme.example", "Ada B."]);
  t.deepEqual(await named({}, false), [undefined, undefined], "Okta says that there are none");
});

test("when the account can't be written nobody is signed in, and those who would have got something by a mapping are told of", async (t) => {
  const perhaps = { before: undefined, after: account() };
  for (const [error, recorded] of [
    [new StoreError("It is away."), 0],
    [new StoreError("No answer.", { perhaps }), 1],
  ] as const) {
    const { complete, told, outcomes } = signInsUnderTest({
      failing: { create: () => Promise.reject(error) },
    });
    await t.throwsAsync(complete(claim("service_admin")), { is: error });
    t.deepEqual(told.failed, [["team/acme", "00u1", 1, error.message]]);
    t.is(told.written, recorded);
    t.deepEqual(await outcomes(), ["failed 1"]);
    t.deepEqual(told.signedIn, []);
    t.is(told.disposed, 1);
  }
  const unread = signInsUnderTest({ failing: { find: () => Promise.reject(new StoreError("It is away.")) } });
  await t.throwsAsync(unread.complete(claim("service_admin")), { instanceOf: StoreError });
  t.is(unread.told.failed[0]?.[2], 1, "what the groups give is all there is to say");
  const mistaken = signInsUnderTest({
    failing: { create: () => Promise.reject(new TypeError("a mistake")) },
  });
  await t.throwsAsync(mistaken.complete(claim("service_admin")), { instanceOf: TypeError });
  t.deepEqual(mistaken.told.failed, []);
});

test("what may have been stored of an account that is gone since is recorded as that", async (t) => {
  const { complete: signIn, store, ada } = signInsUnderTest();
  await signIn(claim("service_admin"));
  const before = await ada();
  if (!before) return t.fail();
  const perhaps = { before, after: { ...before, access: noAccess("NoMappedGroup", "") } };
  const { complete, told } = signInsUnderTest({
    store,
    failing: {
      update: () => Promise.reject(new StaleUserError("Ours?", { perhaps })),
      freshBySubject: async () => undefined,
    },
  });
  t.like(await complete(claim("marketing")), { kind: "refused", user: undefined });
  t.deepEqual(
    told.audit.map(({ action }) => action),
    ["revoke", "deactivate"],
  );
  t.regex(told.audit[0]?.cause.detail ?? "", /this may not be so/);
});

test("an organization that was deleted meanwhile signs nobody in", async (t) => {
  for (const gone of [{ place: undefined }, { policy: undefined }])
    await t.throwsAsync(signInsUnderTest(gone).complete(claim("service_admin")), {
      instanceOf: UnknownOrganizationError,
    });
});
