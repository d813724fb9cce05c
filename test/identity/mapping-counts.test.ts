import test from "ava";
import fc from "fast-check";
import {
  type Grant,
  isActive,
  MappingCounts,
  noAccess,
  type User,
  type UserEvent,
} from "../../identity/index.ts";
import { mappingsOf } from "../../identity/mapping-counts.ts";
import { account } from "./an-account.ts";

const ORGANIZATIONS = ["acme/acme", "acme/other"];
const MAPPINGS = ["services", "portals", "runtimes"];

const grants = fc.array(
  fc.record<Grant>(
    {
      role: fc.constantFrom("service-admin", "viewer"),
      mapping: fc.constantFrom(...MAPPINGS),
      group: fc.constantFrom("a", "b"),
    },
    { requiredKeys: ["role"] },
  ),
  { maxLength: 5 },
);
const user: fc.Arbitrary<User> = fc
  .record({
    name: fc.constantFrom("ada", "ben", "mia", "raj"),
    organization: fc.constantFrom(...ORGANIZATIONS),
    grants: fc.option(grants),
    isDecided: fc.boolean(),
  })
  .map(({ name, organization, grants, isDecided }) => {
    const user = account({
      ref: `${organization}-${name}`,
      organization,
      access:
        grants === null
          ? noAccess("NoMappedGroup", "")
          : { active: true, grants, groups: [], reason: "MappedGroup", message: "" },
    });
    const { access: _, ...undecided } = user;
    return isDecided ? user : undecided;
  });

test("after whatever has happened, the counts are what a walk through all users finds", (t) => {
  const step = fc.record({ user, isDeleted: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const users = new Map<string, User>();
      let tell = (_: UserEvent): void => {};
      const counts = new MappingCounts({
        subscribe: (listener) => {
          tell = listener;
          return () => {};
        },
      });
      for (const { user, isDeleted } of steps) {
        const previous = users.get(user.ref);
        if (isDeleted) {
          users.delete(user.ref);
          if (previous) tell({ kind: "deleted", user: previous });
        } else {
          users.set(user.ref, user);
          tell(previous ? { kind: "updated", user, previous } : { kind: "added", user });
        }
        for (const organization of ORGANIZATIONS)
          for (const mapping of MAPPINGS) {
            const found = [...users.values()].filter(
              (each) =>
                each.organization === organization &&
                isActive(each) &&
                each.access?.grants.some((grant) => grant.mapping === mapping),
            );
            t.is(counts.of(organization, mapping), found.length);
          }
      }
    }),
  );
});

test("the mappings by which somebody holds something: none for whoever isn't there or decided on, nor by a local role", (t) => {
  t.deepEqual(mappingsOf(undefined), new Set());
  const { access: _, ...undecided } = account();
  t.deepEqual(mappingsOf(undecided), new Set());
  const access = { active: true, groups: [], reason: "MappedGroup", message: "" } as const;
  const grants = [
    { role: "viewer" },
    { role: "viewer", mapping: "services" },
    { role: "x", mapping: "services" },
  ];
  t.deepEqual(mappingsOf(account({ access: { ...access, grants } })), new Set(["services"]));
});

test("whoever isn't active counts nowhere, whatever is stored of them", (t) => {
  let tell = (_: UserEvent): void => {};
  const counts = new MappingCounts({
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  const grants = [{ role: "viewer", mapping: "services" }];
  const access = { active: false, grants, groups: [], reason: "NoMappedGroup", message: "" } as const;
  tell({ kind: "added", user: account({ access }) });
  t.is(counts.of("acme/acme", "services"), 0);
});
