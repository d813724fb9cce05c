import test from "ava";
import { waitFor } from "../../cluster.ts";
import type { ProductInProcess } from "../product-in-process.ts";
import {
  anotherOrganization,
  breakAndMend,
  conditions,
  granted,
  isUnreadable,
  logs,
  type Missed,
  meetAnotherWriter,
  productWithout,
  refused,
  rights,
  untilCondition,
} from "./rights.ts";

const FAILED = "reconcile failed, trying again";
const NOT_FOLLOWED = "Okta's directory could not be followed; what is stored stays, and it is tried again";

/** For each right of the operator: what people would miss without it, and how they would find out. */
const MISSED: Record<string, Missed> = {
  // Objects come by the watch; the small list beside it shows that the watch is alive.
  "list organizations": ["the operator doesn't lead, or not for long", isNotCurrent],
  "list oktarolemappings": ["the operator doesn't lead, or not for long", isNotCurrent],
  "list organizationusers": ["the operator doesn't lead, or not for long", isNotCurrent],
  "watch organizations": ["changes are known late, by polling", isPolled],
  "watch oktarolemappings": ["changes are known late, by polling", isPolled],
  "watch organizationusers": ["changes are known late, by polling", isPolled],
  "list configmaps": ["nobody knows whether login paths are whose they were", isUnreadable],
  "watch configmaps": ["changes are known late, by polling", isPolled],
  "create configmaps": ["no organization gets a login path", isUnreserved],
  "update configmaps": [
    "no further organization gets a login path",
    async (product) => {
      await anotherOrganization(product);
      return isUnreserved(product);
    },
  ],
  "get organizationusers": [
    "an account that somebody else is writing follows its mappings late",
    async (product) => {
      await adaSignsIn(product);
      await meetAnotherWriter(product);
      return refused(product.lines, FAILED);
    },
  ],
  "list oktahints": ["nobody knows whether what was heard of Okta is all of it", isUnreadable],
  "watch oktahints": ["what was heard of Okta is known late, by polling", isPolled],
  "get oktahints": ["it isn't noted how far Okta's log was read, and it isn't followed", isNotFollowed],
  "create oktahints": ["it isn't noted how far Okta's log was read, and it isn't followed", isNotFollowed],
  "update oktahints": [
    "what is done isn't taken out, and is looked at again",
    async (product) => {
      await product.untilServed();
      await product.hook();
      return (await product.tell("00u1")) === 204 && refused(product.lines, NOT_FOLLOWED);
    },
  ],
  "create organizationusers": [
    "nobody gets an account before they sign in",
    async (product) => {
      await isNotFollowed(product);
      return (
        (await product.cluster.kubectl("get", "orguser", "--output=name")).stdout.split("\n").length === 2
      );
    },
  ],
  "update organizationusers": [
    "a change in Okta isn't stored before the next sign-in",
    async (product) => {
      await adaSignsIn(product);
      return isNotFollowed(product);
    },
  ],
  "patch organizations/status": [
    "an organization has no conditions",
    async ({ cluster, lines }) => {
      await logs(lines, FAILED);
      return (await conditions(cluster, "oktaorg")) === "";
    },
  ],
  "patch oktarolemappings/status": [
    "a mapping has no conditions",
    async ({ cluster, lines }) => {
      await logs(lines, FAILED);
      return (await conditions(cluster, "orm")) === "";
    },
  ],
  "update organizationusers/status": [
    "accounts don't follow their mappings",
    async (product) => {
      await adaSignsIn(product);
      await product.cluster.kubectl("delete", "orm", "services");
      return refused(product.lines, FAILED);
    },
  ],
  "get secrets": [
    "an organization says that its Secret can't be read",
    (product) => untilCondition(product, "oktaorg", "CredentialsResolved=Unknown"),
  ],
  "create leases": ["nobody reconciles", ({ lines }) => logs(lines, "can't create the lease, trying again")],
  "get leases": [
    "nobody reconciles",
    ({ lines }) => logs(lines, "can't read or take the lease, trying again"),
  ],
  "update leases": [
    "whoever leads loses the lease",
    ({ lines }) => logs(lines, "the lease couldn't be renewed: leadership is lost"),
  ],
  "create events": [
    "no Event tells what happened",
    async ({ cluster, lines }) => {
      await logs(lines, "events were dropped, the last of them this");
      return (await cluster.kubectl("get", "events", "--output=name")).stdout === "";
    },
  ],
  "patch events": [
    "repeated Events aren't counted",
    async (product) => {
      for (let time = 0; time < 3; time++) await breakAndMend(product);
      return logs(product.lines, "events were dropped, the last of them this");
    },
  ],
};

for (const [right, [what, seen]] of Object.entries(MISSED))
  test(`without the operator's right to ${right}: ${what}`, async (t) => {
    const product = await productWithout(t, "operator", right);
    t.truthy(await seen(product));
    t.deepEqual(
      [...rights(product.taps.operator.forbidden)],
      [right],
      "this is what was refused, and nothing else",
    );
    t.deepEqual([...product.taps.webhook.forbidden], []);
  });

test("without any of the operator's rights to oktahints, all else follows its mappings as before", async (t) => {
  const ofHints = [...(await granted("operator"))].filter((right) => right.endsWith(" oktahints"));
  t.is(ofHints.length, 5);
  const product = await productWithout(t, "operator", ofHints);
  t.true(await untilCondition(product, "orm", "Ready=True"));
  await adaSignsIn(product);
});

test("of every right of the operator it is known what would be missed without it", async (t) => {
  t.deepEqual(Object.keys(MISSED).sort(), [...(await granted("operator"))].sort());
});

async function adaSignsIn({ untilServed, okta, signedIn }: ProductInProcess): Promise<void> {
  await untilServed();
  okta.directory.addToGroup("web", "ada@acme.example");
  await signedIn();
}

/** Waits until Okta can't be followed, once the organization has a directory. */
async function isNotFollowed(product: ProductInProcess): Promise<true> {
  await product.hook();
  return refused(product.lines, NOT_FOLLOWED);
}

async function isNotCurrent(product: ProductInProcess): Promise<true> {
  await isUnreadable(product);
  return waitFor(() => !product.operator.isCurrent() || undefined, { what: "the operator not to lead" });
}

async function isPolled(product: ProductInProcess): Promise<true> {
  await product.operator.synced();
  return isUnreadable(product);
}

function isUnreserved(product: ProductInProcess): Promise<true> {
  return untilCondition(product, "oktaorg", "LoginPathAccepted=Unknown");
}
