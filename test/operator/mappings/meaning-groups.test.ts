import test from "ava";
import type { MappedGroup, OktaRoleMapping } from "../../../crds/types.ts";
import { meaningGroups } from "../../../operator/mappings/meaning-groups.ts";
import { mappedGroupIndex } from "../../../organizations/concerned-hints.ts";
import { aMapping, type LookedUp } from "../sync/a-mapping.ts";

const WEB = { id: "00gWeb", name: "web", formerNames: ["net"] };

function named(name: string, groups: MappedGroup[], lookedUp: LookedUp): OktaRoleMapping {
  const made = aMapping(groups, lookedUp);
  return { ...made, metadata: { ...made.metadata, name } };
}

const MAPPINGS = [
  named("web", [{ name: "web" }], { found: [WEB], resolved: "True" }),
  named("by-id", [{ id: "00gByID" }], { resolved: "True" }),
  named("open", [{ id: "00gOpen" }], {}),
  named("missing", [{ id: "00gMissing" }], { resolved: "False" }),
];

/** The names of those that may mean these groups. */
function meaning(ids: string[], names: string[] = []): string[] {
  const found = meaningGroups(
    "acme/acme",
    { ids, names },
    {
      by: (index, value) =>
        index === "organization"
          ? MAPPINGS.filter(() => value === "acme/acme")
          : MAPPINGS.filter((mapping) => mappedGroupIndex.mappedGroup(mapping).includes(value)),
    },
  );
  return [...found].map((key) => key.replace("acme/", ""));
}

const UNKNOWN = ["open", "missing"];

test("a group is meant by those that name it, as far as is known, and by those of which it isn't known", (t) => {
  t.deepEqual(meaning(["00gByID"]), ["by-id", ...UNKNOWN]);
  t.deepEqual(meaning(["00gWeb", "00gByID"]), ["web", "by-id", ...UNKNOWN]);
  t.deepEqual(meaning([]), UNKNOWN);
  t.deepEqual(meaning(["00gAnother"], ["sales"]), UNKNOWN);
});

test("a group that comes to be called as another one is that a mapping names is meant by it, too", (t) => {
  t.deepEqual(meaning(["00gAnother"], ["web"]), ["web", ...UNKNOWN]);
  t.deepEqual(meaning(["00gByID"], ["web"]), ["by-id", "web", ...UNKNOWN]);
  t.deepEqual(meaning(["00gAnother"], ["net"]), UNKNOWN, "it was called so before");
});
