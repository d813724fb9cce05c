import test from "ava";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { noAccess, type User } from "../../identity/index.ts";
import type { Hint } from "../../okta/events/hint.ts";
import { hintsOfEvent } from "../../okta/events/hints-of-event.ts";
import { concernedHints, mappedGroupIndex } from "../../organizations/concerned-hints.ts";
import { account } from "../identity/an-account.ts";
import { organization } from "./organization.ts";

const onLogin = organization("access/acme", "acme");
const directory = { url: "https://acme.okta.com", pollInterval: "30s", fullSyncInterval: "6h" };
const { okta } = onLogin.spec;
const beforeLogin: Organization = {
  ...onLogin,
  spec: { ...onLogin.spec, okta: { ...okta, directory: { ...directory, provision: "BeforeLogin" } } },
};
const eventTime = "2026-11-26T08:00:00.000Z";

function mapping(groups: object[], found: object[] = [], of = "acme"): OktaRoleMapping {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "access", name: "m" },
    spec: { organizationRef: { name: of }, groups, roles: ["r"] },
    status: { groups: found },
  } as OktaRoleMapping;
}

const MAPPINGS = [
  mapping(
    [{ name: "admins" }, { id: "00gByID" }],
    [
      { id: "00gAdmins", name: "admins" },
      { id: "00gByID", name: "present", formerNames: ["former"] },
    ],
  ),
  mapping([{ name: "new" }, { id: "00gNew2" }]),
  mapping([{ name: "betas" }], [], "beta"),
];

const FORMER = "https://former.okta.com";
const ACCOUNTS: Record<string, User[]> = {
  "00uAda": [account({ issuer: okta.issuer, access: noAccess("NoMappedGroup", "") })],
  "00uKept": [account({ issuer: FORMER })],
  "00uOut": [account({ issuer: FORMER, access: noAccess("IssuerChanged", "") })],
};

/** Which of these hints are about anybody or anything here. */
async function concerned(hints: Hint[], acme = onLogin, remembered: string[] = []): Promise<string[]> {
  const labels = MAPPINGS.flatMap(mappedGroupIndex.mappedGroup);
  const found = await concernedHints(hints, acme, {
    mappings: { count: (_index, value) => labels.filter((label) => label === value).length },
    store: {
      ofAnyIssuer: async (key, subject) => (key === "access/acme" ? (ACCOUNTS[subject] ?? []) : []),
    },
    strangers: { remember: (key, { id }) => void remembered.push(`${key} ${id}`) },
  });
  return found.map(({ id }) => id);
}

test("whoever has an account is concerned by whatever happens to them", async (t) => {
  const hint = { kind: "person", eventTime } as const;
  t.deepEqual(
    await concerned([
      { ...hint, id: "00uAda" },
      { ...hint, id: "00uEve" },
    ]),
    ["00uAda"],
  );
  t.deepEqual(await concerned([{ ...hint, id: "00uAda", joined: ["00gForeign"] }]), ["00uAda"]);
});

test("whoever keeps an account of a former issuer is concerned, and who has lost it isn't", async (t) => {
  const hints = ["00uKept", "00uOut"].map((id): Hint => ({ kind: "person", id, eventTime, active: false }));
  t.deepEqual(await concerned(hints), ["00uKept"]);
});

test("whoever joins or leaves a mapped group is concerned without an account where people get one before they sign in", async (t) => {
  for (const said of [
    { joined: ["00gForeign", "00gByID"] },
    { left: ["00gAdmins"] },
    { joined: ["00gUnseen"], groupNames: ["admins"] },
  ]) {
    const hint: Hint = { kind: "person", id: "00uEve", eventTime, ...said };
    t.deepEqual(await concerned([hint], beforeLogin), ["00uEve"]);
    t.deepEqual(await concerned([hint]), [], "elsewhere it shows at the sign-in");
  }
  const foreign = { joined: ["00gForeign"], groupNames: ["marketing"] };
  t.deepEqual(await concerned([{ kind: "person", id: "00uEve", eventTime, ...foreign }], beforeLogin), []);
});

test("whom Okta lets in is concerned there as well, since they may have been in a mapped group before", async (t) => {
  const of = (eventType: string): Hint[] => [
    ...hintsOfEvent({
      uuid: "1",
      published: eventTime,
      eventType,
      targets: [{ id: "00uEve", type: "User" }],
    }),
  ];
  for (const kind of ["activate", "reactivate", "unsuspend"]) {
    const hints = of(`user.lifecycle.${kind}`);
    t.deepEqual(await concerned(hints, beforeLogin), ["00uEve"], kind);
    t.deepEqual(await concerned(hints), [], kind);
  }
  for (const kind of ["lifecycle.suspend", "lifecycle.deactivate", "account.update_profile"])
    t.deepEqual(await concerned(of(`user.${kind}`), beforeLogin), [], kind);
});

test("a group is concerned by its id and by the names that it has, had or is given in a mapping", async (t) => {
  const named = (id: string, name?: string): Hint => ({
    kind: "group",
    id,
    eventTime,
    ...(name && { name }),
  });
  for (const group of [
    named("00gByID"),
    named("00gAdmins", "renamed"),
    named("00gNew", "admins"),
    named("00gNew", "present"),
    named("00gNew", "former"),
    named("00gOther", "new"),
    named("00gNew2"),
  ])
    t.is((await concerned([group])).length, 1, JSON.stringify(group));
  t.deepEqual(
    await concerned([named("00gForeign", "marketing"), named("00gForeign"), named("00gBeta", "betas")]),
    [],
  );
});

test("who has no account is remembered, since they may be getting one; who has one, and groups, needn't be", async (t) => {
  const remembered: string[] = [];
  const hints: Hint[] = [
    ...["00uAda", "00uEve"].map((id): Hint => ({ kind: "person", id, eventTime, left: ["00gByID"] })),
    { kind: "group", id: "00gForeign", eventTime },
  ];
  t.deepEqual(await concerned(hints, onLogin, remembered), ["00uAda"]);
  t.deepEqual(remembered, ["access/acme 00uEve"]);
  await concerned(hints, beforeLogin, remembered);
  t.is(remembered.length, 1, "whose change is noted anyway");
});

test("who has an account is looked for, and no group with them, where that makes no difference", async (t) => {
  const hint: Hint = { kind: "person", id: "00uAda", eventTime, joined: ["00gByID"] };
  await t.notThrowsAsync(
    concernedHints([hint], onLogin, {
      mappings: { count: () => t.fail() as never },
      store: { ofAnyIssuer: async () => [] },
      strangers: { remember: () => {} },
    }),
  );
});

test("others go on while very many hints are looked at", async (t) => {
  let turned = false;
  setImmediate(() => (turned = true));
  const hints = Array.from({ length: 50 }, (_, i): Hint => ({ kind: "person", id: `00u${i}`, eventTime }));
  const takesAMoment = (): [] => {
    const until = performance.now() + 1;
    while (performance.now() < until);
    return [];
  };
  await concernedHints(hints, onLogin, {
    mappings: { count: () => 0 },
    store: { ofAnyIssuer: async () => takesAMoment() },
    strangers: { remember: () => {} },
  });
  t.true(turned);
});
