import test from "ava";
import { CookieJar } from "../../dev/okta/index.ts";
import { waitFor } from "../cluster.ts";
import { type ProductUnderTest, productUnderTest } from "./product-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

async function running(under: ProductUnderTest): Promise<string> {
  const webhook = await under.startWebhook();
  const baseURL = `http://localhost:${webhook.port}`;
  await under.startOperator(baseURL);
  await under.applyAcme(baseURL, MAPPINGS);
  await under.untilReady();
  return baseURL;
}

/** Waits for a condition of the organization; its reason and message. */
function organizationCondition(under: ProductUnderTest, type: string, status: string): Promise<string> {
  return waitFor(
    async () => {
      const path = `jsonpath={.status.conditions[?(@.type=="${type}")]['status','reason','message']}`;
      const { stdout } = await under.cluster.kubectl("get", "oktaorg", "acme", "-o", path);
      return stdout.startsWith(`${status} `) ? stdout : undefined;
    },
    { what: `${type} to be ${status}` },
  );
}

const state = async (under: ProductUnderTest, name: string): Promise<string | undefined> =>
  (await under.users()).find(({ spec }) => spec.email === `${name}@acme.example`)?.status?.state;

test("a groups claim that was never set up refuses, says what to set up, takes nothing, and recovers", async (t) => {
  const under = await productUnderTest(t, { ada: ["service_admin"], ben: ["service_admin"] });
  const baseURL = await running(under);
  under.okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  const refused = await under.signIn(baseURL, "ada");
  t.is(refused.response.status, 502, "it is Okta's answer that is wrong");
  t.regex(await organizationCondition(under, "GroupsClaimReceived", "False"), /ClaimNotSetUp/);
  t.regex(await organizationCondition(under, "Ready", "False"), /ClaimNotSetUp/);
  t.deepEqual(await under.users(), [], "no account is made on no evidence");

  under.okta.behave();
  const ada = new CookieJar();
  await under.signedIn(baseURL, "ada", ada);
  t.deepEqual(await under.session(baseURL, ada), ["service-admin"]);
  await organizationCondition(under, "GroupsClaimReceived", "True");
  await organizationCondition(under, "Ready", "True");
});

test("once the claim has come, a sign-in without it means no groups; when too many come without, it is lost", async (t) => {
  const names = Array.from({ length: 8 }, (_, i) => `user${i}`);
  const under = await productUnderTest(t, Object.fromEntries(names.map((name) => [name, ["service_admin"]])));
  const baseURL = await running(under);
  const sessions = new Map(names.map((name) => [name, new CookieJar()]));
  for (const [name, cookies] of sessions) await under.signedIn(baseURL, name, cookies);

  under.okta.misbehave({ fault: { kind: "groups-claim", as: "missing" } });
  for (const [i, name] of names.entries()) {
    const { response } = await under.signIn(baseURL, name);
    t.is(response.status, i < 4 ? 403 : 502, `${name}: first nobody's groups, then nobody's word`);
  }
  const out = await waitFor(
    async () => {
      const states = await Promise.all(names.map((name) => state(under, name)));
      const deactivated = states.filter((one) => one === "Deactivated").length;
      return deactivated >= 4 ? deactivated : undefined;
    },
    { what: "those who were left to the operator to be deactivated" },
  );
  t.is(out, 4, "four at the most");
  t.regex(await organizationCondition(under, "GroupsClaimReceived", "False"), /ClaimLost/);
  t.deepEqual(await under.session(baseURL, sessions.get("user7") ?? new CookieJar()), ["service-admin"]);

  under.okta.behave();
  const back = new CookieJar();
  await under.signedIn(baseURL, "user0", back);
  t.deepEqual(await under.session(baseURL, back), ["service-admin"], "back by the same path");
  await organizationCondition(under, "GroupsClaimReceived", "True");
});

test("a groups claim that is a string is refused as a whole, and stored access stays", async (t) => {
  const under = await productUnderTest(t, { ada: ["service_admin"] });
  const baseURL = await running(under);
  const ada = new CookieJar();
  await under.signedIn(baseURL, "ada", ada);
  under.okta.misbehave({ fault: { kind: "groups-claim", as: "string" } });
  const refused = await under.signIn(baseURL, "ada");
  t.is(refused.response.status, 502);
  t.regex(await organizationCondition(under, "GroupsClaimReceived", "False"), /ClaimInvalid/);
  t.deepEqual(await under.session(baseURL, ada), ["service-admin"]);
});

test("150 groups: without a directory the claim decides, and the account holds them all", async (t) => {
  const groups = ["service_admin", ...Array.from({ length: 149 }, (_, i) => `group${i}`)];
  const under = await productUnderTest(t, { ada: groups });
  under.okta.settings.manyGroups = "all";
  const baseURL = await running(under);
  const ada = new CookieJar();
  await under.signedIn(baseURL, "ada", ada);
  t.deepEqual(await under.session(baseURL, ada), ["service-admin"]);
  const [user] = await under.users();
  t.true((user?.spec.groups?.length ?? 0) >= 150);
});
