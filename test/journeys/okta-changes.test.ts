import { setTimeout as delay } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import test from "ava";
import type { OktaHints, OrganizationUser } from "../../crds/types.ts";
import type { CookieJar } from "../../dev/okta/index.ts";
import { EVENT_TYPES } from "../../okta/events/event-types.ts";
import { waitFor } from "../cluster.ts";
import { hookFollowed } from "./least-privilege/rights.ts";
import { type ProductInProcess, productInProcess } from "./product-in-process.ts";

const ADA = "ada@acme.example";

interface Hooked extends ProductInProcess {
  /** Waits until this is what a program is told of Ada's session. */
  untilSession(cookies: CookieJar, status: number): Promise<void>;
  /** Waits until Ada's account is in this state. */
  untilAccount(state: "Active" | "Deactivated"): Promise<void>;
  condition(type: string): Promise<{ status: string; message: string } | undefined>;
}

/**
 * The product with an event hook that Okta really calls, and Ada signed in. Everything has been read, and the log, which is
 * asked once an hour: what changes from now on nothing tells but the hook.
 */
async function hooked(t: ExecutionContext): Promise<Hooked & { cookies: CookieJar }> {
  const product = await productInProcess(t);
  const { cluster, okta, signedIn, sessionOf } = product;
  await product.untilServed();
  await hookFollowed(product);
  const read = async (path: string) =>
    (await cluster.kubectl("get", "oktaorg", "acme", "-o", `jsonpath={${path}}`)).stdout;
  const uri = await waitFor(async () => (await read(".status.eventHookURI")) || undefined, {
    what: "the address of the event hook to be told",
  });
  const hook = okta.eventHooks.add({
    name: "acme",
    uri,
    authorization: { secret: "the hook's secret" },
    events: EVENT_TYPES.filter((type) => type !== "user.lifecycle.delete.completed"),
  });
  await okta.eventHooks.verify(hook.id);
  const condition: Hooked["condition"] = async (type) =>
    JSON.parse((await cluster.kubectl("get", "oktaorg", "acme", "-o", "json")).stdout).status.conditions.find(
      (each: { type: string }) => each.type === type,
    );
  for (const type of ["EventHookVerified", "DirectorySynced"])
    await waitFor(async () => ((await condition(type))?.status === "True" ? true : undefined), {
      what: `${type} to be True`,
    });
  const untilSession: Hooked["untilSession"] = async (jar, status) =>
    void (await waitFor(async () => (await sessionOf(jar)) === status || undefined, {
      what: `the session to be ${status}`,
    }));
  const cookies = await signedIn();
  await untilSession(cookies, 200);
  return {
    ...product,
    cookies,
    condition,
    untilSession,
    untilAccount: async (state) => {
      const look = async () => {
        const { stdout } = await cluster.kubectl("get", "orguser", "-o", "json");
        const { items } = JSON.parse(stdout) as { items: OrganizationUser[] };
        return items.find(({ spec }) => spec.email === ADA)?.status?.state === state || undefined;
      };
      await waitFor(look, { what: `Ada's account to be ${state}` });
    },
  };
}

test("Okta's event hook says that somebody has left their last mapped group: their session ends, and nobody waits for a login", async (t) => {
  const { okta, cookies, untilSession, untilAccount, condition } = await hooked(t);
  t.regex((await condition("DirectorySynced"))?.message ?? "", /within about 1 s, by the event hook/);
  okta.directory.removeFromGroup("service_admin", ADA);
  await untilAccount("Deactivated");
  await untilSession(cookies, 401);
});

test("whatever happens to what the event hook tells, doubled, late, in another order, the end is what Okta says", async (t) => {
  const { okta, cluster, cookies, signedIn, untilSession, untilAccount } = await hooked(t);
  // The first four once more when all others are there, and these in threes, each three from its last one on: what is
  // heard last is that she has joined.
  const doubled = okta.eventHooks.misdeliver({ fault: { kind: "doubled", afterMs: 500 }, times: 4 });
  const reordered = okta.eventHooks.misdeliver({ fault: { kind: "reordered", window: 3 } });
  for (let time = 0; time < 6; time++) {
    okta.directory.removeFromGroup("service_admin", ADA);
    await delay(3); // at a time of its own
    okta.directory.addToGroup("service_admin", ADA);
    await delay(3);
  }
  okta.directory.removeFromGroup("service_admin", ADA);
  await okta.eventHooks.settled();
  okta.eventHooks.deliverWell();
  await okta.eventHooks.settled();
  t.deepEqual([doubled.hits, reordered.hits], [4, 9]);
  await untilAccount("Deactivated");
  await untilSession(cookies, 401);
  const { stdout } = await cluster.kubectl("get", "hints", "acme", "-o", "json");
  const { people = [] } = (JSON.parse(stdout) as OktaHints).spec;
  const { id } = okta.directory.user(ADA);
  // Else she would be looked for in the group for as long as Okta may take to show her there.
  t.deepEqual(people.find((person) => person.id === id)?.joined ?? [], [], "the latest is that she has left");

  okta.directory.addToGroup("service_admin", ADA);
  await untilAccount("Active");
  await untilSession(cookies, 401);
  await untilSession(await signedIn(), 200);
});

test("what the event hook never tells is found in Okta's log", async (t) => {
  const { okta, cluster, cookies, untilSession } = await hooked(t);
  const spec = { okta: { directory: { pollInterval: "10s" } } };
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", JSON.stringify({ spec }));
  const lost = okta.eventHooks.misdeliver({ fault: { kind: "lost" } });
  okta.directory.removeFromGroup("service_admin", ADA);
  await untilSession(cookies, 401);
  t.is(lost.hits, 1);
  const { stdout } = await cluster.kubectl(
    "get",
    "orguser",
    "-o",
    "jsonpath={.items[*].status.conditions[*].reason}",
  );
  t.regex(stdout, /NoMappedGroup/);
});
