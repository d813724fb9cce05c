import test from "ava";
import type { MappedGroup } from "../../../crds/types.ts";
import type { Directory } from "../../../okta/directory/directory.ts";
import { findGroup, remembering } from "../../../operator/mappings/found-groups.ts";
import { mapping } from "./asked-directory.ts";

const group = (name: string) => ({ id: "00g1", name, members: 2 });

test("an entry is a group by its id, the groups of its name, or none and what is almost named so", async (t) => {
  const directory = {
    groupByID: async (id: string) =>
      id === "00g1" ? { ...group("staff"), more: "than is shown" } : undefined,
    groupsByName: async (name: string) => ({
      exact: name === "two" ? [group("two"), { ...group("two"), id: "00g2" }] : [],
      near: name === "Staff" ? [group("staff"), group("STAFF")] : [],
    }),
  } as unknown as Directory;
  const of = (entry: MappedGroup) => findGroup(directory, entry);
  t.deepEqual(await of({ id: "00g1" }), [{ group: group("staff") }]);
  t.deepEqual(await of({ id: "00g2" }), [{ missing: "00g2" }]);
  t.deepEqual(await of({ name: "two" }), [
    { group: group("two") },
    { group: { ...group("two"), id: "00g2" } },
  ]);
  t.deepEqual(await of({ name: "Staff" }), [{ missing: "Staff", near: "staff" }]);
  t.deepEqual(await of({ name: "none" }), [{ missing: "none" }]);
  t.deepEqual(await of({} as MappedGroup), []);
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
