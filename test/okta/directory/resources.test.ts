import test from "ava";
import type { z } from "zod";
import {
  changedGroupSchema,
  countedGroupSchema,
  groupSchema,
  userSchema,
} from "../../../okta/directory/resources.ts";

const group = { id: "00g1", type: "OKTA_GROUP", profile: { name: "team", description: null }, more: {} };
const read = { id: "00g1", type: "OKTA_GROUP", name: "team" };

function isRefused(schema: z.ZodType, value: unknown): boolean {
  return !schema.safeParse(value).success;
}

test("a group is its id, its type and its name, and none of them can be missing", (t) => {
  t.deepEqual(groupSchema.parse(group), read);
  for (const lacking of [
    { ...group, id: undefined },
    { ...group, id: 7 },
    { ...group, type: undefined },
    { ...group, profile: {} },
    { ...group, profile: null },
    null,
    [],
  ])
    t.true(isRefused(groupSchema, lacking), JSON.stringify(lacking));
});

test("a group that is counted has a number of members that can be one", (t) => {
  const counted = (usersCount: unknown) => ({ ...group, _embedded: { stats: { usersCount } } });
  t.deepEqual(countedGroupSchema.parse(counted(0)), { ...read, members: 0 });
  t.deepEqual(countedGroupSchema.parse(counted(31_207)), { ...read, members: 31_207 });
  for (const odd of [-1, 1.5, "7", null, undefined])
    t.true(isRefused(countedGroupSchema, counted(odd)), String(odd));
  t.true(isRefused(countedGroupSchema, group));
});

test("a group has changed when its profile or its members did, whichever was later", (t) => {
  const [older, newer] = ["2026-11-26T08:00:00.000Z", "2026-11-26T09:00:00.000Z"];
  const changed = (lastUpdated: unknown, lastMembershipUpdated?: unknown) =>
    changedGroupSchema.parse({ ...group, lastUpdated, lastMembershipUpdated }).changedTime;
  t.is(changed(older, newer), newer);
  t.is(changed(newer, older), newer);
  t.is(changed(older), older);
  t.is(changed(older, null), older);
  t.is(changed(newer, "2026-11-26T10:00:00.000+02:00"), newer, "by the time and not by the text");
  t.deepEqual(changedGroupSchema.parse({ ...group, lastUpdated: older }), { ...read, changedTime: older });
  for (const odd of ["yesterday", null, undefined])
    t.true(isRefused(changedGroupSchema, { ...group, lastUpdated: odd }), String(odd));
  t.true(isRefused(changedGroupSchema, { ...group, lastUpdated: older, lastMembershipUpdated: "now" }));
});

test("a user is their id and status, and what can be read of their profile", (t) => {
  const user = (profile: unknown) => userSchema.parse({ id: "00u1", status: "ACTIVE", profile });
  const bare = { id: "00u1", status: "ACTIVE" };
  for (const [profile, more] of [
    [
      { email: " ada@acme.example ", displayName: "Ada", firstName: "A", lastName: "L" },
      { email: "ada@acme.example", name: "Ada" },
    ],
    [{ firstName: "Ada", lastName: "Lovelace" }, { name: "Ada Lovelace" }],
    [{ displayName: " ", firstName: " Ada ", lastName: "" }, { name: "Ada" }],
    [{ firstName: 7, lastName: "Lovelace" }, { name: "Lovelace" }],
    [{ email: "two words", displayName: 7 }, {}],
    [{}, {}],
    [null, {}],
    ["none", {}],
    [undefined, {}],
  ] as const)
    t.deepEqual(user(profile), { ...bare, ...more }, JSON.stringify(profile));
  for (const lacking of [
    { id: "00u1" },
    { ...bare, id: "" },
    { ...bare, status: "" },
    { ...bare, status: null },
  ])
    t.true(isRefused(userSchema, lacking), JSON.stringify(lacking));
});

test("what is kept of everybody and every group is no longer than Okta's own can be", (t) => {
  const [most, more] = ["x".repeat(100), "x".repeat(101)];
  t.false(isRefused(groupSchema, { ...group, id: most, type: most, profile: { name: "x".repeat(1_024) } }));
  for (const long of [{ id: more }, { type: more }, { profile: { name: "x".repeat(1_025) } }])
    t.true(isRefused(groupSchema, { ...group, ...long }), Object.keys(long).join());
  t.false(isRefused(userSchema, { id: most, status: most }));
  t.true(isRefused(userSchema, { id: more, status: most }));
  t.true(isRefused(userSchema, { id: most, status: more }));
});
