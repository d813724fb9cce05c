import type { ExecutionContext } from "ava";
import test from "ava";
import { CookieJar } from "../../dev/okta/index.ts";
import { EVENT_TYPES } from "../../okta/events/event-types.ts";
import { waitFor } from "../cluster.ts";
import { type ProductInProcess, productInProcess } from "./product-in-process.ts";

const ADA = "ada@acme.example";

interface Hooked extends ProductInProcess {
  /** Waits until this is what a program is told of Ada's session. */
  untilSession(cookies: CookieJar, status: number): Promise<void>;
  condition(type: string): Promise<{ status: string; message: string } | undefined>;
}

/** The product with an event hook that Okta really calls, and Ada signed in. */
async function hooked(t: ExecutionContext): Promise<Hooked & { cookies: CookieJar }> {
  const product = await productInProcess(t);
  const { cluster, okta, sessionOf } = product;
  await product.untilServed();
  await product.hook();
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
  await waitFor(async () => ((await condition("EventHookVerified"))?.status === "True" ? true : undefined), {
    what: "the event hook to be verified",
  });
  const cookies = new CookieJar();
  t.is(await product.signIn(cookies), 303);
  t.is(await sessionOf(cookies), 200);
  return {
    ...product,
    cookies,
    condition,
    untilSession: async (jar, status) =>
      void (await waitFor(async () => (await sessionOf(jar)) === status || undefined, {
        what: `the session to be ${status}`,
      })),
  };
}

test("Okta's event hook says that somebody has left their last mapped group: their session ends, and nobody waits for a login", async (t) => {
  const { okta, cookies, untilSession, condition, cluster } = await hooked(t);
  t.regex((await condition("DirectorySynced"))?.message ?? "", /within about 1 s, by the event hook/);
  okta.directory.removeFromGroup("service_admin", ADA);
  await untilSession(cookies, 401);
  const { stdout } = await cluster.kubectl("get", "orguser", "-o", "jsonpath={.items[*].status.state}");
  t.true(stdout.includes("Deactivated"), stdout);
});

test("whatever happens to what the event hook tells, doubled, late, in another order, the end is what Okta says", async (t) => {
  const { okta, cookies, signIn, untilSession } = await hooked(t);
  okta.eventHooks.misdeliver({ fault: { kind: "reordered", window: 3 } });
  okta.eventHooks.misdeliver({ fault: { kind: "doubled", afterMs: 300 } });
  for (let time = 0; time < 5; time++) {
    okta.directory.removeFromGroup("service_admin", ADA);
    okta.directory.addToGroup("service_admin", ADA);
  }
  okta.directory.removeFromGroup("service_admin", ADA);
  okta.eventHooks.deliverWell();
  await okta.eventHooks.settled();
  await untilSession(cookies, 401);
  okta.directory.addToGroup("service_admin", ADA);
  const again = new CookieJar();
  t.is(await signIn(again), 303);
  await untilSession(again, 200);
});

test("what the event hook never tells is found in Okta's log", async (t) => {
  const { okta, cluster, cookies, untilSession } = await hooked(t);
  const spec = { okta: { directory: { pollInterval: "10s" } } };
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", JSON.stringify({ spec }));
  okta.eventHooks.misdeliver({ fault: { kind: "lost" } });
  okta.directory.removeFromGroup("service_admin", ADA);
  await untilSession(cookies, 401);
  const { stdout } = await cluster.kubectl(
    "get",
    "orguser",
    "-o",
    "jsonpath={.items[*].status.conditions[*].reason}",
  );
  t.regex(stdout, /NoMappedGroup/);
});
