import test from "ava";
import { waitFor } from "../../cluster.ts";
import type { ProductInProcess } from "../product-in-process.ts";
import {
  conditions,
  granted,
  hookFollowed,
  isUnreadable,
  logs,
  type Missed,
  productWithout,
  refused,
  rights,
  untilCondition,
} from "./rights.ts";

const UNWRITTEN = "A status could not be written; it is tried again.";

/** For each right of the webhook: what people would miss without it, and how they would find out. */
const MISSED: Record<string, Missed> = {
  "create tokenreviews": [
    "local admins can't sign in",
    async ({ untilServed, signInLocally }) => {
      await untilServed();
      return (await signInLocally()) === 503;
    },
  ],
  "create subjectaccessreviews": [
    "no program reads anything by the API: nobody can say what it may",
    async ({ untilServed, askAPI }) => {
      await untilServed();
      return (await askAPI()) === 503;
    },
  ],
  // Objects come by the watch; the small list beside it shows that the watch is alive.
  "list organizations": ["nobody knows whether revocations arrive: sessions are refused", isStale],
  "list oktarolemappings": ["nobody knows whether the mappings are as they were", isUnreadable],
  "list organizationusers": ["nobody knows whether revocations arrive: sessions are refused", isStale],
  "watch organizations": ["changes are known late, by polling", isPolled],
  "watch oktarolemappings": ["changes are known late, by polling", isPolled],
  "watch organizationusers": ["changes are known late, by polling", isPolled],
  "list configmaps": ["nobody knows whether login paths are whose they were", isUnreadable],
  "watch configmaps": ["changes are known late, by polling", isPolled],
  "get organizationusers": [
    "whoever's groups give nothing doesn't learn which they are: nobody can say that there is no account to deactivate",
    async (product) => {
      await product.untilServed();
      product.okta.directory.removeFromGroup("service_admin", "ada@acme.example");
      return isPutOff(product);
    },
  ],
  "patch organizations/status": [
    "nobody sees whether the groups claim arrives",
    async (product) => {
      await product.untilServed();
      await product.signedIn();
      await refused(product.lines, UNWRITTEN);
      return !(await conditions(product.cluster, "oktaorg")).includes("GroupsClaimReceived");
    },
  ],
  "patch oktarolemappings/status": [
    "nobody sees that a mapping lets people in",
    async (product) => {
      await product.untilServed();
      await product.signedIn();
      await refused(product.lines, UNWRITTEN);
      return !(await conditions(product.cluster, "orm")).includes("UsersProvisioned");
    },
  ],
  "create organizationusers": ["nobody signs in for the first time", isNotProvisioned],
  "update organizationusers": [
    "somebody whose groups have changed can't sign in",
    async (product) => {
      await product.untilServed();
      await product.signedIn();
      product.okta.directory.addToGroup("web", "ada@acme.example");
      return isPutOff(product);
    },
  ],
  "update organizationusers/status": ["nobody signs in for the first time", isNotProvisioned],
  "get oktahints": [
    "what Okta's event hook tells isn't noted, and Okta is told so",
    async (product) => {
      await product.untilServed();
      await product.hook();
      return (await product.tell("00u1")) === 503;
    },
  ],
  "create oktahints": [
    "what Okta's event hook tells first isn't noted, and Okta is told so",
    async (product) => {
      await product.untilServed();
      await hookFollowed(product);
      await product.cluster.kubectl("delete", "oktahints", "acme");
      return (await product.tell("00u1")) === 503;
    },
  ],
  "update oktahints": [
    "what Okta's event hook tells further isn't noted, and Okta is told so",
    async (product) => {
      await product.untilServed();
      await hookFollowed(product);
      return (await product.tell("00u1")) === 503;
    },
  ],
  "get secrets": ["the webhook isn't ready: it has no keys for sessions", lacksKeys],
  "create secrets": [
    "the webhook never becomes ready: it has no keys for sessions",
    async (product) => {
      await logs(product.lines, "The keys of sessions could not be read.");
      return lacksKeys(product);
    },
  ],
  "update secrets": [
    "the keys of sessions aren't rotated",
    async ({ webhook, rotateKeys, lines }) => {
      await webhook.ready();
      rotateKeys();
      return logs(lines, "The keys of sessions could not be read.");
    },
  ],
  "create events": [
    "no Event tells who signed in",
    async ({ untilServed, signInLocally, lines, cluster }) => {
      await untilServed();
      await signInLocally();
      await logs(lines, "events were dropped, the last of them this");
      return !(await cluster.kubectl("get", "events")).stdout.includes("LocalSignIn");
    },
  ],
  "patch events": [
    "repeated Events aren't counted",
    async ({ untilServed, signInLocally, lines }) => {
      await untilServed();
      for (let time = 0; time < 3; time++) await signInLocally();
      return logs(lines, "events were dropped, the last of them this");
    },
  ],
};

for (const [right, [what, seen]] of Object.entries(MISSED))
  test(`without the webhook's right to ${right}: ${what}`, async (t) => {
    const product = await productWithout(t, "webhook", right);
    t.truthy(await seen(product));
    t.deepEqual(
      [...rights(product.taps.webhook.forbidden)],
      [right],
      "this is what was refused, and nothing else",
    );
    t.deepEqual([...product.taps.operator.forbidden], []);
  });

test("of every right of the webhook it is known what would be missed without it", async (t) => {
  t.deepEqual(Object.keys(MISSED).sort(), [...(await granted("webhook"))].sort());
});

/** Whether Ada is told to come back: for want of a right, not by a machine that is too busy to be current. */
function isPutOff({ signIn, taps }: ProductInProcess): Promise<boolean> {
  return waitFor(
    async () => {
      if ((await signIn()) !== 503) return false;
      return taps.webhook.forbidden.size > 0 || undefined;
    },
    { what: "a sign-in to lack a right" },
  );
}

async function isNotProvisioned(product: ProductInProcess): Promise<boolean> {
  await product.untilServed();
  if (!(await isPutOff(product))) return false;
  return untilCondition(product, "orm", "UsersProvisioned=False");
}

/** Waits until that is all that the webhook isn't ready for. */
function lacksKeys({ webhook }: ProductInProcess): Promise<true> {
  return waitFor(() => webhook.check()?.includes("keys of sessions") || undefined, {
    what: "the webhook to lack the keys of sessions",
  });
}

/** Waits until the webhook takes itself out. */
async function isStale(product: ProductInProcess): Promise<true> {
  await isUnreadable(product);
  // A server that lists by watching is asked for a list as a heartbeat only: then everything has been read once.
  const why = ["not everything has been read", "not been heard of"];
  return waitFor(() => why.some((each) => product.webhook.check()?.includes(each)) || undefined, {
    what: "the webhook to take itself out",
  });
}

async function isPolled(product: ProductInProcess): Promise<true> {
  await product.webhook.ready();
  return isUnreadable(product);
}
