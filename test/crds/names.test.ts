import { readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { pauseWords } from "../../crds/annotations.ts";
import { indexKey, organizationOf } from "../../crds/organization-key.ts";
import { oktaHints, oktaRoleMappings, organizations, organizationUsers } from "../../crds/resources.ts";
import type { OktaRoleMapping } from "../../crds/types.ts";

test("the kinds are asked for as the definitions name them", async (t) => {
  for (const type of [organizations, oktaRoleMappings, organizationUsers, oktaHints]) {
    const file = new URL(`../../crds/${type.kind.toLowerCase()}.yaml`, import.meta.url);
    const { group, scope, names, versions } = parse(await readFile(file, "utf8")).spec;
    t.deepEqual(
      { ...type },
      {
        group,
        version: versions[0].name,
        kind: names.kind,
        plural: names.plural,
        namespaced: scope === "Namespaced",
        apiVersion: `${group}/${versions[0].name}`,
      },
    );
  }
});

test("what belongs to an organization is found by its namespace and its name", (t) => {
  const mapping = { metadata: { namespace: "team", name: "m" }, spec: { organizationRef: { name: "acme" } } };
  t.is(organizationOf(mapping as OktaRoleMapping), "team/acme");
  t.is(indexKey("team/acme", "web"), "team/acme|web");
});

test("what is paused says why, and is paused without a word, too", (t) => {
  const pause = (annotations?: Record<string, string>) =>
    pauseWords({ metadata: annotations ? { annotations } : {} });
  t.is(pause(), undefined);
  t.is(pause({ other: "x" }), undefined);
  t.is(pause({ "rolemapping.dev/pause": "a reorganization" }), "a reorganization");
  t.is(pause({ "rolemapping.dev/pause": "" }), "");
});
