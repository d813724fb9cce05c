import test from "ava";
import { APPROVAL_ANNOTATION, PAUSE_ANNOTATION } from "../../crds/annotations.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { noAccess, type PolicyChange, type User, type UserEvent } from "../../identity/index.ts";
import type { Change, ConfigMap } from "../../kubernetes/index.ts";
import { type Controllers, enqueueCounted } from "../../operator/wiring.ts";
import { account, GRANTS } from "../identity/an-account.ts";
import { acme, KEY, mapping, type NAMES, wired } from "./wired.ts";

const { signal } = new AbortController();

test("each controller follows its own objects", (t) => {
  const { organizations, mappings, took, enqueued } = wired();
  organizations.tell({ kind: "added", key: KEY, object: acme });
  t.deepEqual(enqueued(), {
    keepers: [KEY],
    organizations: [KEY],
    mappings: ["acme/services"],
    users: ["acme/held"],
    watermarks: [KEY],
  });
  mappings.tell({ kind: "added", key: "acme/services", object: mapping as OktaRoleMapping });
  t.deepEqual(enqueued(), { mappings: ["acme/services"] });
  t.deepEqual(took, ["follow acme/acme"]);
});

test("whoever asks for a login path hears of it when it is reserved, left or free", (t) => {
  const { reservations, enqueued } = wired();
  const map = (data?: Record<string, string>): ConfigMap =>
    ({ metadata: {}, ...(data ? { data } : {}) }) as ConfigMap;
  const key = "ops/paths";
  const asked = (change: Change<ConfigMap>) => {
    reservations.tell(change);
    return enqueued().organizations ?? [];
  };
  t.deepEqual(asked({ kind: "added", key, object: map({ acme: "x", other: "y" }) }), [KEY]);
  t.deepEqual(asked({ kind: "added", key, object: map() }), []);
  const updated = (before: ConfigMap, after: ConfigMap) =>
    asked({ kind: "updated", key, object: after, previous: before });
  t.deepEqual(updated(map({ acme: "x" }), map({ acme: "x", other: "y" })), []);
  t.deepEqual(updated(map({ acme: "x" }), map({ acme: "y" })), [KEY]);
  t.deepEqual(updated(map({ acme: "x", both: "z" }), map()), [KEY, KEY]);
  t.deepEqual(asked({ kind: "deleted", key, object: map({ acme: "x" }) }), [KEY]);
});

test("what was heard of Okta is followed at once, and said now and then", (t) => {
  const { hints, took, enqueued } = wired();
  hints.tell({ key: KEY });
  t.deepEqual(enqueued(), { organizations: [`${KEY} in 1000`] });
  t.deepEqual(took, [`follow ${KEY}`]);
});

test("an organization is counted anew when who is active, held or an admin has changed, and else not", (t) => {
  const { store, enqueued } = wired();
  const counts = (previous: User | undefined, user: User, kind: UserEvent["kind"] = "updated") => {
    store.tell({ kind, user, ...(previous ? { previous } : {}) });
    return enqueued().organizations !== undefined;
  };
  const access = account().access as NonNullable<User["access"]>;
  const [user, held] = [account(), account({ access: { ...access, reason: "DeactivationHeld" } })];
  const admin = account({
    access: { ...access, grants: [{ ...GRANTS[0], role: "organization-admin" }] as never },
  });
  const elsewhere = { groups: [{ name: "elsewhere" }] };
  t.false(counts(user, account({ version: "2", lastLoginTime: 1 })));
  t.false(counts(user, account(elsewhere)), "it isn't told why nobody waits");
  t.true(counts(held, { ...held, ...elsewhere }), "why they wait");
  t.false(counts(held, { ...held, version: "2" }));
  t.true(counts(user, held));
  t.true(counts(user, account({ access: noAccess("NoMappedGroup", "") })));
  t.true(counts(user, account({ access: { ...access, active: false } })));
  t.true(counts(user, admin));
  t.true(counts(admin, user));
  t.true(counts(undefined, user, "added"));
  t.true(counts(user, user, "deleted"));
  t.true(counts(undefined, user));
  t.true(counts(account({ source: "Local" }), account({ source: "Local" })));
  const none = wired({ noPolicy: [KEY] });
  none.store.tell({ kind: "updated", user: admin, previous: user });
  t.is(none.enqueued().organizations, undefined, "without an organization nobody is an admin");
  store.tell({ kind: "added", user });
  t.deepEqual(enqueued().organizations, [`${KEY} in 1000`]);
});

test("mappings are looked at again when their organization's spec has changed, or it is paused", (t) => {
  const { organizations, enqueued } = wired();
  const at = (generation: number, annotations: Record<string, string> = {}): Organization => ({
    ...acme,
    metadata: { ...acme.metadata, generation, annotations },
  });
  const asked = (previous: Organization, object: Organization) => {
    organizations.tell({ kind: "updated", key: KEY, object, previous });
    return enqueued().mappings ?? [];
  };
  t.deepEqual(asked(at(1), at(1)), []);
  t.deepEqual(asked(at(1), at(2)), ["acme/services"]);
  t.deepEqual(asked(at(1), at(1, { [PAUSE_ANNOTATION]: "audit" })), ["acme/services"]);
  organizations.tell({ kind: "deleted", key: KEY, object: at(1) });
  t.deepEqual(enqueued().mappings, ["acme/services"]);
});

test("an approval, and the end of a hold, have those who wait looked at again", (t) => {
  const { organizations, enqueued } = wired();
  const at = (said: string, held: boolean): Organization =>
    ({
      ...acme,
      metadata: { ...acme.metadata, annotations: { [APPROVAL_ANNOTATION]: said } },
      status: { conditions: held ? [{ type: "DeactivationsWithinLimit", status: "False" }] : [] },
    }) as unknown as Organization;
  const asked = (previous: Organization, object: Organization) => {
    organizations.tell({ kind: "updated", key: KEY, object, previous });
    return enqueued().users ?? [];
  };
  t.deepEqual(asked(at("", true), at("", true)), []);
  t.deepEqual(asked(at("", true), at("0a1b2c3d", true)), ["acme/held"]);
  t.deepEqual(asked(at("", true), at("", false)), ["acme/held"]);
});

test("the first who comes with a group's right name shows which mappings have it almost right", (t) => {
  const { known, enqueued } = wired();
  known.tell({ organization: KEY, folded: "staff" });
  t.deepEqual(enqueued(), { mappings: ["acme/services"] });
  known.tell({ organization: KEY, folded: "other" });
  t.deepEqual(enqueued(), {});
});

test("a mapping is counted anew when somebody comes to hold something through it, or ceases to", (t) => {
  const { store, enqueued } = wired();
  const through = (...mappings: string[]): User =>
    account({
      access: {
        ...(account().access as NonNullable<User["access"]>),
        grants: mappings.map((mapping) => ({ role: "service-admin", mapping, group: "a" })),
      },
    });
  const asked = (event: UserEvent) => {
    store.tell(event);
    return enqueued().mappings ?? [];
  };
  t.deepEqual(asked({ kind: "updated", previous: through("a", "b"), user: through("b", "c") }), [
    "acme/a in 1000",
    "acme/c in 1000",
  ]);
  t.deepEqual(asked({ kind: "added", user: through("a") }), ["acme/a in 1000"]);
  t.deepEqual(asked({ kind: "deleted", user: through("a"), previous: through("b") }), ["acme/a in 1000"]);
});

test("a user who changes is looked at, and forgotten when gone; sessions end where somebody has asked for it", (t) => {
  const { store, took, enqueued } = wired();
  store.tell({ kind: "updated", user: account({ endRequest: "stolen" }), previous: account() });
  const { users, sessionEnds } = enqueued();
  t.deepEqual([users, sessionEnds], [["acme/acme-x"], ["acme/acme-x"]]);
  t.deepEqual(took.splice(0), ["heard acme/acme-x", "look acme/acme-x"]);
  store.tell({ kind: "updated", user: account(), previous: account() });
  t.deepEqual(enqueued(), { users: ["acme/acme-x"] });
  took.splice(0);
  store.tell({ kind: "deleted", user: account({ endRequest: "stolen" }) });
  const gone = enqueued();
  t.false("users" in gone || "sessionEnds" in gone);
  t.deepEqual(took, ["forget acme/acme-x", "forget sign-in acme/acme-x"]);
});

test("a changed policy concerns also those who came with almost the same names", (t) => {
  const touched = { groups: new Set(["staff"]), mappings: new Set(["services"]) };
  const of = (near: string[], change: PolicyChange["touched"]) => {
    const { policies, took, enqueued } = wired({ near });
    policies.tell({ organization: KEY, touched: change });
    t.deepEqual(enqueued(), { policies: [KEY] });
    return took.map((each) =>
      each.replace('changed {"organization":"acme/acme","touched":', "").slice(0, -1),
    );
  };
  t.deepEqual(of([], touched), ['{"groups":["staff"],"mappings":["services"]}']);
  t.deepEqual(of(["Staff"], touched), ['{"groups":["staff","Staff"],"mappings":["services"]}']);
  t.deepEqual(of(["Staff"], "all"), ['"all"']);
});

test("who begins to lead counts everybody, and looks at whom no policy is for and whom somebody wants put out", async (t) => {
  const users = [
    account({ ref: "a", organization: "gone/gone" }),
    account({ ref: "b" }),
    account({ ref: "c", endRequest: "stolen" }),
  ];
  const { told, took } = wired({ users, noPolicy: ["gone/gone"] });
  const first = async (name: (typeof NAMES)[number], of = signal): Promise<string[]> => {
    const keys: string[] = [];
    for await (const key of told[name].first(of)) keys.push(key);
    return keys;
  };
  t.deepEqual(await first("policies"), [KEY, "other/acme"]);
  t.deepEqual(took, [
    `changed {"organization":"${KEY}","touched":"all"}`,
    'changed {"organization":"other/acme","touched":"all"}',
  ]);
  t.deepEqual(await first("users"), ["a"]);
  t.deepEqual(await first("sessionEnds"), ["c"]);
  const stopped = AbortSignal.abort();
  t.deepEqual([await first("users", stopped), await first("sessionEnds", stopped)], [[], []]);
});

test("when whom a change touches is counted, they are looked at, and so is their organization", async (t) => {
  const { told, enqueued } = wired();
  const pending = { count: async () => new Set(["acme/a", "acme/b"]) };
  await enqueueCounted(KEY, told as unknown as Controllers, pending as never, signal);
  t.deepEqual(enqueued(), { organizations: [KEY], users: ["acme/a", "acme/b"] });
});
