import test, { type ExecutionContext } from "ava";
import type { OrganizationUser } from "../../crds/types.ts";
import { CookieJar } from "../../dev/okta/index.ts";
import type { Program } from "../../dev/quickstart/program.ts";
import { waitFor } from "../cluster.ts";
import { type ProductUnderTest, productUnderTest } from "./product-under-test.ts";
import type { Moment, WriteTap } from "./write-tap.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
const MOMENTS: readonly Moment[] = ["before", "after"];

/** What must be the same however it came about: everything but names, versions and times, and who has finished it. */
function endState({ spec, status }: OrganizationUser): unknown {
  const { lastLoginTime, conditions, summary, since, history, signIns, ...rest } = status ?? {
    state: "nobody decided",
  };
  const { name: _, ...shown } = summary ?? {};
  const { issuer, subject, email, name, ...same } = spec;
  return {
    spec: same,
    status: { ...rest, shown },
    signedIn: lastLoginTime !== undefined,
    signIns: [...new Set(signIns?.map(({ outcome }) => outcome))],
    since: since !== undefined,
    history: history?.map(({ what, granted, revoked }) => [what, granted, revoked]),
    conditions: conditions?.map((condition) => [
      condition.type,
      condition.status,
      condition.reason,
      condition.message,
    ]),
  };
}

/** Kills a program, without warning, at one moment of its n-th write on accounts. Resolves when it is dead. */
function killAt(tap: WriteTap, program: Program, nth: number, moment: Moment): Promise<void> {
  let seen = 0;
  return new Promise((resolve) => {
    tap.onWrite = async (write, now) => {
      if (!write.path.includes("/organizationusers") || now !== moment) return;
      seen++;
      if (seen !== nth) return;
      tap.onWrite = undefined;
      await program.kill();
      resolve();
    };
  });
}

const byEmail = async (under: ProductUnderTest, username: string): Promise<OrganizationUser | undefined> =>
  (await under.users()).find(({ spec }) => spec.email === `${username}@acme.example`);

async function untilState(
  t: ExecutionContext,
  under: ProductUnderTest,
  username: string,
  expected: unknown,
): Promise<void> {
  let last: unknown;
  await waitFor(
    async () => {
      const user = await byEmail(under, username);
      last = user && endState(user);
      return JSON.stringify(last) === JSON.stringify(expected) || undefined;
    },
    { what: `${username} to be as if nothing had happened` },
  ).catch(() => t.deepEqual(last, expected));
}

test("the webhook is killed before or after each write of a first sign-in: the end is the same as without", async (t) => {
  const cases = [1, 2].flatMap((nth) =>
    MOMENTS.map((moment) => ({ nth, moment, who: `ada${nth}${moment}` })),
  );
  const people = Object.fromEntries(cases.map(({ who }) => [who, ["service_admin"]]));
  const under = await productUnderTest(t, { reference: ["service_admin"], ...people });
  let webhook = await under.startWebhook("webhook");
  const baseURL = `http://localhost:${webhook.port}`;
  await under.startOperator(baseURL);
  await under.applyAcme(baseURL, MAPPINGS);
  await under.untilReady();

  t.is((await under.signIn(baseURL, "reference")).callback?.status, 303);
  const reference = await byEmail(under, "reference");
  t.is(reference?.status?.state, "Active");
  const expected = reference && endState(reference);

  for (const { nth, moment, who } of cases) {
    const killed = killAt(under.taps.webhook, webhook, nth, moment);
    const interrupted = under.signIn(baseURL, who).catch(() => "the connection broke");
    await killed;
    await interrupted;
    // Without the webhook: either nothing was stored, or the operator has finished what was.
    const left = await waitFor(
      async () => {
        const user = await byEmail(under, who);
        return user === undefined ? { none: true } : user.status?.state ? user : undefined;
      },
      { what: `the operator to finish the sign-in of ${who}` },
    );
    if (nth === 1 && moment === "before") t.true("none" in left, `${who}: nothing was written`);
    if (!("none" in left)) t.is(left.status?.state, "Active", `${who}: half a sign-in is finished`);
    webhook = await under.startWebhook("webhook", webhook.port);
    const cookies = new CookieJar();
    await under.signedIn(baseURL, who, cookies);
    t.deepEqual(await under.session(baseURL, cookies), ["service-admin"], who);
    await untilState(t, under, who, expected);
  }
  t.is((await under.users()).length, cases.length + 1, "nobody has two accounts");
});

test("the operator is killed before or after each write of a policy change: the end is the same as without", async (t) => {
  const names = ["ada", "ben", "cid"];
  const under = await productUnderTest(
    t,
    Object.fromEntries(names.map((name) => [name, ["service_admin", "web"]])),
  );
  const webhook = await under.startWebhook();
  const baseURL = `http://localhost:${webhook.port}`;
  let operator = await under.startOperator(baseURL, "operator");
  const both = ["service-admin", "viewer"];
  await under.applyAcme(baseURL, { ...MAPPINGS, web: [["nobody"], ["viewer"]] });
  await under.untilReady();
  const browsers = new Map(names.map((name) => [name, new CookieJar()]));
  for (const [name, cookies] of browsers) await under.signedIn(baseURL, name, cookies);

  let granted = true;
  for (const nth of [1, 2]) {
    for (const moment of MOMENTS) {
      const killed = killAt(under.taps.operator, operator, nth, moment);
      await under.applyMapping("web", [granted ? "web" : "nobody"], ["viewer"]);
      await killed;
      // The dead operator's lease would keep the next one waiting for 15 s; that is another test.
      await under.cluster.kubectl("delete", "lease", "okta-role-operator");
      operator = await under.startOperator(baseURL, "operator");
      for (const [name, cookies] of browsers) {
        const expected = granted ? both : ["service-admin"];
        await waitFor(
          async () => {
            const roles = await under.session(baseURL, cookies);
            return JSON.stringify(roles) === JSON.stringify(expected) || undefined;
          },
          { what: `the live session of ${name} to hold ${expected.join(", ")}` },
        );
      }
      granted = !granted;
    }
  }
  t.deepEqual(await under.session(baseURL, browsers.get("ada") ?? new CookieJar()), ["service-admin"]);
});

test("of two operators one writes; when it is killed, the other takes over and finishes", async (t) => {
  const under = await productUnderTest(t, { ada: ["service_admin"] });
  const webhook = await under.startWebhook();
  const baseURL = `http://localhost:${webhook.port}`;
  const first = await under.startOperator(baseURL, "operator", "-1");
  await waitFor(
    async () => ((await first.logged()).some(({ msg }) => msg === "leading") ? true : undefined),
    {
      what: "the first operator to lead",
    },
  );
  await under.startOperator(baseURL, "webhook", "-2");
  await under.applyAcme(baseURL, MAPPINGS);
  await under.untilReady();
  const ada = new CookieJar();
  await under.signedIn(baseURL, "ada", ada);
  t.true(under.taps.operator.writes.length > 0, "the leader writes");
  t.deepEqual(under.taps.webhook.writes, [], "the other doesn't");

  await first.kill();
  await under.applyMapping("services", ["service_admin"], ["service-admin", "service-admin-again"]);
  await under.applyMapping("services", ["nobody"], ["service-admin"]);
  await waitFor(async () => ((await under.session(baseURL, ada)) === undefined ? true : undefined), {
    what: "Ada's session to end, by the other operator",
  });
  t.true(under.taps.webhook.writes.length > 0, "now the other writes");
});
