import test from "ava";
import type { MappedGroup, ResolvedGroup } from "../../../crds/types.ts";
import { DirectoryForbiddenError } from "../../../okta/directory/directory-errors.ts";
import { type AskedForGroups, findGroup, remembering } from "../../../operator/mappings/found-groups.ts";
import { mapping } from "./asked-directory.ts";

const group = (name: string) => ({ id: "00g1", name, members: 2 });

/** An Okta with the groups 00g1 (staff), 00g3 and 00g4 (both two), of which it has deleted 00gOld. */
function directory({ isLogReadable = true } = {}): AskedForGroups {
  const groups = [group("staff"), { ...group("two"), id: "00g3" }, { ...group("two"), id: "00g4" }];
  return {
    groupByID: async (id) => {
      const found = groups.find((each) => each.id === id);
      return found && { ...found, type: "OKTA_GROUP" };
    },
    groupsByName: async (name) => ({
      exact: groups.filter((each) => each.name === name).map((each) => ({ ...each, type: "OKTA_GROUP" })),
      near:
        name === "Staff" ? ["staff", "STAFF"].map((near) => ({ ...group(near), type: "OKTA_GROUP" })) : [],
    }),
    groupWasDeleted: async (id) => {
      if (!isLogReadable) throw new DirectoryForbiddenError("okta.logs.read", "no");
      return id === "00gOld";
    },
  };
}

const found = (entry: MappedGroup, groups: ResolvedGroup[] = [], gone: string[] = []) =>
  findGroup(directory(), entry, { groups, gone: new Set(gone) });

test("an entry is a group by its id, the groups of its name, or none and what is almost named so", async (t) => {
  t.deepEqual(await found({ id: "00g1" }), [{ group: group("staff") }]);
  t.deepEqual(await found({ id: "00g2" }), [{ missing: "00g2" }]);
  t.deepEqual(await found({ name: "two" }), [
    { group: { ...group("two"), id: "00g3" } },
    { group: { ...group("two"), id: "00g4" } },
  ]);
  t.like((await found({ name: "Staff" }))[0], { missing: "Staff", near: "staff" });
  t.like((await found({ name: "none" }))[0], { missing: "none" });
  t.deepEqual(await found({} as MappedGroup), []);
});

test("a group that was known and isn't shown is there still, unless Okta's log says that it was deleted", async (t) => {
  const before = [
    { id: "00gOld", name: "old", members: 2 },
    { id: "00gHidden", name: "hidden", members: 2 },
  ];
  const hidden = { group: { id: "00gHidden", name: "hidden", shown: false }, notShown: "hidden" };
  t.deepEqual(await found({ id: "00gOld" }, before), [{ missing: "00gOld" }]);
  t.deepEqual(await found({ id: "00gHidden" }, before), [hidden]);
  t.deepEqual(await found({ name: "old" }, before), [{ missing: "old" }]);
  t.deepEqual(await found({ name: "hidden" }, before), [hidden]);
  const blind = directory({ isLogReadable: false });
  const old = { group: { id: "00gOld", name: "old", shown: false }, notShown: "old" };
  for (const entry of [{ id: "00gOld" }, { name: "old" }])
    t.deepEqual(await findGroup(blind, entry, { groups: before, gone: new Set() }), [old]);
});

test("a name is gone where its group is called otherwise by now; one that was never shown may be hidden", async (t) => {
  t.deepEqual(await found({ name: "crew" }, [{ id: "00g1", name: "crew" }]), [{ missing: "crew" }]);
  const never = { missing: "never", group: { name: "never", shown: false } };
  t.deepEqual(await found({ name: "never" }), [never]);
  t.deepEqual(await found({ name: "never" }, [{ name: "never", shown: false }]), [never]);
  t.deepEqual(await found({ name: "never" }, [], ["never"]), [{ missing: "never" }]);
});

test("of groups that share a name, one that isn't shown stays beside those that are, and nothing is wrong by it", async (t) => {
  const two = (id: string) => ({ group: { ...group("two"), id } });
  const before = ["00g3", "00g4", "00g9", "00gOld"].map((id) => ({ ...group("two"), id }));
  t.deepEqual(await found({ name: "two" }, before), [
    two("00g3"),
    two("00g4"),
    { group: { id: "00g9", name: "two", shown: false } },
  ]);
});

test("a group keeps the last five names that it had before, and not the one that it has", (t) => {
  const names = (now: string, before?: string, formerNames?: string[]) => {
    const found = before === undefined ? [] : [{ ...group(before), ...(formerNames ? { formerNames } : {}) }];
    return remembering(group(now), mapping("m", ["x"], { found })).formerNames;
  };
  t.is(names("staff"), undefined);
  t.is(names("staff", "staff"), undefined);
  t.deepEqual(names("staff", "crew"), ["crew"]);
  t.deepEqual(names("staff", "crew", ["team", "staff", "all"]), ["crew", "team", "all"]);
  t.deepEqual(names("staff", "staff", ["a", "b", "c", "d", "e", "f"]), ["a", "b", "c", "d", "e"]);
  const other = [{ ...group("crew"), id: "00g9" }];
  t.is(remembering(group("staff"), mapping("m", ["x"], { found: other })).formerNames, undefined);
  t.is(remembering(group("staff"), { ...mapping("m", ["x"]), status: {} as never }).formerNames, undefined);
  const nameless = [{ id: "00g1", formerNames: ["crew"] }] as never;
  t.deepEqual(remembering(group("staff"), mapping("m", ["x"], { found: nameless })).formerNames, ["crew"]);
});
