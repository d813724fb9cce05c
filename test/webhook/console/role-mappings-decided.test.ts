import test from "ava";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { storedMapping } from "./mappings-scene.ts";
import { member, ROLES, savedOf, scene } from "./role-mappings-scene.ts";

test("the page shows a field for each role, mappings that give nothing, and whether it saves", async (t) => {
  const { roleMappings, visitor, there } = await scene(t);
  there.mappings = [storedMapping("acme.owner", ["owner"]), storedMapping("old", ["gone"])];
  const desk = await roleMappings.desk(visitor);
  t.true(desk.canSave);
  t.deepEqual(
    desk.fields.map(({ role, read }) => [role.name, read?.object.metadata.name]),
    [
      ["viewer", undefined],
      ["owner", "acme.owner"],
      ["boss", undefined],
    ],
  );
  t.deepEqual([desk.mappings.length, desk.stray.map(({ object }) => object.metadata.name)], [2, ["old"]]);
  for (const console of [undefined, { editMappings: false }]) {
    const { console: _, ...spec } = visitor.organization.spec;
    const organization = { ...visitor.organization, spec: { ...spec, ...(console ? { console } : {}) } };
    t.false((await roleMappings.desk({ ...visitor, organization })).canSave);
  }
});

test("a preview says who gains and loses what, how many come with a new group, and what the safeguards would hold", async (t) => {
  const { preview, there, people, safety } = await scene(t);
  there.mappings = [storedMapping("acme.owner", ["owner"], { groups: [{ name: "owners" }, { id: "00g1" }] })];
  people.push(member("ben", ["viewers"], []), member("eve", ["viewers", "staff"], []));
  const {
    preview: said,
    sightings,
    problems,
    edits,
  } = await preview({
    viewer: "viewers\nid:00g9\nVIEWERS",
    owner: "owners\nid:00g1",
    boss: "id:not an id",
  });
  t.is(said.gaining.count, 2);
  t.deepEqual(sightings, [
    { name: "viewers", people: 2 },
    { name: "VIEWERS", people: 0, near: "viewers" },
  ]);
  t.deepEqual([...problems.keys()], ["boss"]);
  t.deepEqual(
    edits.map(({ field }) => field.role.name),
    ["viewer"],
  );
  const taken = { owner: "nobody" };
  t.like((await preview(taken)).preview.held, {
    deactivating: 1,
    recent: 0,
    exceeds: false,
    lastAdminRoles: ["owner"],
  });
  Object.assign(safety, { recent: 20, active: 10, localAdmin: true });
  t.like((await preview(taken)).preview.held, {
    deactivating: 1,
    recent: 20,
    exceeds: true,
    lastAdminRoles: [],
  });
});

test("whoever would administer the organization no more by a change is told, and it isn't saved without that", async (t) => {
  const { preview, save, there, people, writes } = await scene(t);
  there.mappings = [storedMapping("acme.owner", ["owner"], { groups: [{ name: "owners" }] })];
  const takes = async (filledIn: Record<string, string>) => (await preview(filledIn)).takesOwnAdminRole;
  t.false(await takes({ viewer: "viewers" }), "they are not concerned");
  t.true(await takes({ owner: "others" }));
  t.true(await takes({ owner: "others", viewer: "owners" }), "another role is none that administers");
  t.false(await takes({ owner: "others", boss: "owners" }), "another admin role comes instead");
  t.like(await save({ owner: "others" }), {
    kind: "changed",
    done: [],
    previewed: { takesOwnAdminRole: true },
  });
  t.is(writes.length, 0);
  t.deepEqual(savedOf(await save({ owner: "others" }, { takesOwnAdminRole: true })), ["acme.owner"]);
  people.length = 0;
  t.false(await takes({ owner: "others" }), "an account that isn't found loses nothing");
});

test("who keeps an admin role, or has none, loses none", async (t) => {
  const two = await scene(t, ["owner", "boss"]);
  two.there.mappings = ["owner", "boss"].map((role) =>
    storedMapping(`acme.${role}`, [role], { groups: [{ name: "owners" }] }),
  );
  t.false((await two.preview({ owner: "others" })).takesOwnAdminRole);
  t.true((await two.preview({ owner: "others", boss: "" })).takesOwnAdminRole);
  const viewer = { ...two.visitor, roles: [{ name: "owner", displayName: "Owners", admin: false }] };
  const { takesOwnAdminRole } = await two.roleMappings.preview(viewer, new Map([["owner", "others"]]));
  t.false(takesOwnAdminRole);
});

test("what isn't there any more as it was seen isn't saved", async (t) => {
  const { save, there, writes, organization } = await scene(t);
  const filledIn = { viewer: "viewers" };
  t.like(await save(filledIn, { hash: "another" }), { kind: "changed", done: [] });
  t.like(await save({ ...filledIn, boss: "id:not an id" }), { kind: "changed", done: [] });
  there.mappings = [storedMapping("acme.viewer", ["viewer"], { managers: ["kubectl"] })];
  t.like(await save(filledIn), { kind: "changed", done: [] }, "somebody else's");
  t.like(await save({ ...filledIn, boss: "bosses" }), { kind: "changed", done: [] }, "one of them is");
  there.mappings = [];
  for (const now of [undefined, { ...organization, spec: visitorOfAcme(ROLES).organization.spec }]) {
    there.organization = now;
    t.deepEqual(await save(filledIn), { kind: "off" });
  }
  t.is(writes.length, 0);
  there.organization = organization;
  t.deepEqual(savedOf(await save(filledIn)), ["acme.viewer"]);
});

test("when a role has become an admin role since the preview, or the groups are another Okta's, nothing is saved", async (t) => {
  const { save, there, writes, organization } = await scene(t);
  const filledIn = { viewer: "viewers" };
  const { spec } = organization;
  const admins = (...names: string[]) =>
    spec.roles.map((role) => ({ ...role, admin: names.includes(role.name) }));
  for (const now of [
    { roles: admins("viewer", "owner", "boss") },
    { roles: admins("owner") },
    { okta: { ...spec.okta, issuer: "https://another.okta.com" } },
  ]) {
    // The visitor's own organization is as the preview has seen it.
    there.organization = { ...organization, spec: { ...spec, ...now } };
    t.like(await save(filledIn), { kind: "changed", done: [] }, JSON.stringify(now));
  }
  t.is(writes.length, 0);
  const { admin: _, ...viewer } = { admin: false, ...spec.roles[0], name: "viewer", displayName: "Others" };
  const roles = [viewer, ...spec.roles.slice(1)].toReversed();
  there.organization = { ...organization, spec: { ...spec, roles } };
  t.like(await save(filledIn), { kind: "saved" }, "in another order, by other titles");
});

test("one admin after the other is served, and of very many the last are told to come back", async (t) => {
  const { roleMappings, visitor, organization } = await scene(t);
  const asking = Array.from({ length: 11 }, () => roleMappings.desk(visitor));
  const beta = { ...organization, metadata: { ...organization.metadata, name: "beta" } };
  t.truthy(
    await roleMappings.desk({ ...visitor, organization: beta }),
    "another organization's isn't kept waiting",
  );
  const outcomes = await Promise.allSettled(asking);
  t.deepEqual(
    outcomes.map(({ status }) => status),
    [...Array(9).fill("fulfilled"), "rejected", "rejected"],
    "one is served, and eight wait",
  );
  for (const outcome of outcomes.slice(9))
    t.like(outcome, { reason: { code: "mappings-busy", status: 503 } });
});
