import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { startOkta } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { operatorUnderTest, type UnderTest } from "../operator-under-test.ts";

function kept(
  { organization }: UnderTest,
  what: string,
  holds: (sessions: Sessions) => boolean,
): Promise<Sessions> {
  return waitFor(
    async () => {
      const { sessions } = (await organization()).status ?? {};
      return sessions && holds(sessions) ? sessions : undefined;
    },
    { what: `status.sessions ${what}` },
  );
}

type Sessions = NonNullable<NonNullable<Organization["status"]>["sessions"]>;

test("a shorter maxAge is kept as the time before which sessions have ended, and stays when it is longer again; without it nothing is", async (t) => {
  const under = await operatorUnderTest(t);
  await under.applyAcme();
  t.deepEqual(await kept(under, "to be there", () => true), { maxAge: "12h" });
  const before = Date.now();
  await under.editAcme({ sessions: { maxAge: "1m" } });
  const shorter = await kept(under, "to be of 1m", ({ maxAge }) => maxAge === "1m");
  const endedBefore = Date.parse(shorter.endedBefore ?? "");
  t.true(endedBefore > before - 60_000);
  t.true(endedBefore < Date.now() - 50_000);
  await under.editAcme({ sessions: { maxAge: "12h" } });
  const longer = await kept(under, "to be of 12h", ({ maxAge }) => maxAge === "12h");
  t.true(Date.parse(longer.endedBefore ?? "") >= endedBefore);
});

test("an Okta that hangs doesn't hold that up", async (t) => {
  const dead = await startOkta({ apps: [] });
  t.teardown(() => dead.stop());
  dead.misbehave({ fault: { kind: "hang" } });
  const under = await operatorUnderTest(t, { oktaTimeoutMs: 600_000 });
  await under.applyAcme({ okta: { issuer: dead.issuer() } });
  await kept(under, "to be there", () => true);
  const { conditions = [] } = (await under.organization()).status ?? {};
  const issuer = conditions.find(({ type }) => type === "IssuerDiscovered");
  t.true(issuer === undefined || issuer.status === "Unknown", "Okta has yet to answer");
  await under.editAcme({ sessions: { maxAge: "1m" } });
  await kept(under, "to be of 1m", ({ maxAge, endedBefore }) => maxAge === "1m" && endedBefore !== undefined);
});

test("shorter and back while the operator isn't quick enough, and a change while it is away, are kept all the same", async (t) => {
  const under = await operatorUnderTest(t);
  await under.applyAcme();
  await kept(under, "to be there", () => true);
  await under.editAcme({ sessions: { maxAge: "1m" } });
  await under.editAcme({ sessions: { maxAge: "12h" } });
  const first = await kept(under, "to have ended some", ({ endedBefore }) => endedBefore !== undefined);
  await under.stop();
  await under.editAcme({ sessions: { maxAge: "2m" } });
  under.start();
  const second = await kept(under, "to be of 2m", ({ maxAge }) => maxAge === "2m");
  t.true(Date.parse(second.endedBefore ?? "") >= Date.parse(first.endedBefore ?? ""));
});
