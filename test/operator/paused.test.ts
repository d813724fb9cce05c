import test from "ava";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { mappingPaused, organizationPaused } from "../../operator/paused.ts";

const PAUSE = "rolemapping.dev/pause";

function object<T>(name: string, words?: string): T {
  const annotations = words === undefined ? {} : { annotations: { [PAUSE]: words } };
  return { metadata: { namespace: "team-a", name, ...annotations } } as T;
}

const organization = (words?: string) => object<Organization>("acme", words);
const mapping = (words?: string) => object<OktaRoleMapping>("services", words);

test("what is paused says why, what holds meanwhile, and how to go on", (t) => {
  t.is(organizationPaused(organization()), undefined);
  t.like(organizationPaused(organization("moving to another Okta")), {
    type: "Paused",
    status: "True",
    reason: "Paused",
  });
  t.regex(
    organizationPaused(organization("moving to another Okta"))?.message ?? "",
    /^Somebody has paused it: "moving to another Okta"\. Nobody's access changes.* oktaorg acme -n team-a rolemapping\.dev\/pause-$/,
  );
  t.is(mappingPaused(mapping(), organization()), undefined);
  t.is(mappingPaused(mapping(), undefined), undefined);
  t.regex(
    mappingPaused(mapping("audit"), organization("all of it"))?.message ?? "",
    /^Somebody has paused it: "audit"\. .* orm services -n team-a rolemapping\.dev\/pause-$/,
  );
  t.like(mappingPaused(mapping(), organization("all of it")), {
    reason: "OrganizationPaused",
    message: "The organization acme is paused: see its condition Paused.",
  });
});

test("an annotation without words pauses, too; of long ones the beginning is repeated", (t) => {
  for (const words of ["", "  "])
    t.regex(organizationPaused(organization(words))?.message ?? "", /^Somebody has paused it\. /);
  const said = (words: string) => /"(.*)"/u.exec(organizationPaused(organization(words))?.message ?? "")?.[1];
  t.is(said("🙂".repeat(200)), "🙂".repeat(200));
  t.is(said("🙂".repeat(201)), `${"🙂".repeat(199)}…`);
});
