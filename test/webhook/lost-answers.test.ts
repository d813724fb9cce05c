import test, { type ExecutionContext } from "ava";
import { waitFor } from "../cluster.ts";
import { FaultServer } from "../kubernetes/fault-server.ts";
import { object, type UnderTest, webhookUnderTest } from "./webhook-under-test.ts";

const CREATE = ["POST", /\/organizationusers$/] as const;
const SPEC = ["PUT", /\/organizationusers\/[^/]+$/] as const;
const STATUS = ["PUT", /\/organizationusers\/[^/]+\/status$/] as const;

/** More often than it is tried. */
const ALWAYS = 100;

interface Lossy extends UnderTest {
  readonly faults: FaultServer;
  /** What has been audited since it was asked last, each as "action role". */
  audited(): string[];
}

async function lossy(t: ExecutionContext): Promise<Lossy> {
  const faults = await FaultServer.start(t);
  const under = await webhookUnderTest(t, { faults });
  await under.applyAcme();
  let seen = 0;
  const audited = (): string[] => {
    const records = under.lines.filter(({ audit }) => audit === true).slice(seen);
    seen += records.length;
    return records.map(({ action, role }) => [action, role].filter(Boolean).join(" "));
  };
  return { ...under, faults, audited };
}

test("whichever answer is lost at a first sign-in, the person is signed in, and what they got is recorded", async (t) => {
  const { faults, signIn, session, audited, users } = await lossy(t);
  faults.loseTimes(1, ...CREATE);
  const ada = await signIn("ada");
  t.is(ada.response.status, 303);
  t.is((await session(ada.cookies)).status, 200);
  t.deepEqual(audited(), ["activate", "grant service-admin"]);
  faults.loseTimes(1, ...STATUS);
  t.is((await signIn("ben")).response.status, 303);
  t.deepEqual(audited(), ["activate", "grant service-admin"]);
  t.is((await users()).size, 2);
});

test("whichever answer is lost when roles change, and when all are lost, that is recorded", async (t) => {
  const { faults, signIn, signedIn, audited, okta } = await lossy(t);
  await signedIn("ada");
  audited();
  okta.directory.addToGroup("portal_admin", "ada@acme.example");
  faults.loseTimes(1, ...STATUS);
  t.is((await signIn("ada")).response.status, 303);
  t.deepEqual(audited(), ["grant portal-admin"]);
  okta.directory.removeFromGroup("portal_admin", "ada@acme.example");
  faults.loseTimes(1, ...SPEC);
  t.is((await signIn("ada")).response.status, 303);
  t.deepEqual(audited(), ["revoke portal-admin"]);
  okta.directory.removeFromGroup("service_admin", "ada@acme.example");
  faults.loseTimes(1, ...STATUS);
  t.is((await signIn("ada")).response.status, 403);
  t.deepEqual(audited(), ["revoke service-admin", "deactivate"]);
});

test("the link of a local account is recorded whichever answer is lost", async (t) => {
  const { faults, signIn, audited, apply, webhook } = await lossy(t);
  for (const [name, lost] of [
    ["ada", SPEC],
    ["ben", STATUS],
  ] as const) {
    const spec = {
      organizationRef: { name: "acme" },
      source: "Local",
      email: `${name}@acme.example`,
      roles: [],
    };
    await apply(object("OrganizationUser", name, spec));
    await waitFor(
      () => webhook.caches.users.list().some(({ metadata }) => metadata.name === name) || undefined,
      { what: "the local account to be known" },
    );
    faults.loseTimes(1, ...lost);
    t.is((await signIn(name)).response.status, 303);
    t.true(audited().includes("link"), name);
  }
});

test("where no answer comes at all, what may be stored is recorded as that", async (t) => {
  const { faults, signIn, audited, lines, users } = await lossy(t);
  faults.loseTimes(ALWAYS, ...STATUS);
  t.is((await signIn("ada")).response.status, 503);
  t.is((await users()).get("ada@acme.example")?.status?.state, "Active", "it was stored");
  t.deepEqual(audited(), ["activate", "grant service-admin"]);
  const record = lines.findLast(({ audit }) => audit === true);
  t.regex(JSON.stringify(record?.cause), /The store didn't answer: this may not be so\./);
  faults.loses = () => false;
  t.is((await signIn("ada")).response.status, 303);
});

test("a request that was never sent is recorded as nothing", async (t) => {
  const { faults, signIn, audited } = await lossy(t);
  faults.fault = (request, response) => {
    if (request.method !== "PUT") return false;
    response.writeHead(403, { "content-type": "application/json" });
    response.end(JSON.stringify({ kind: "Status", status: "Failure", reason: "Forbidden", code: 403 }));
    return true;
  };
  t.not((await signIn("ada")).response.status, 303);
  t.deepEqual(audited(), []);
});

test("a local sign-in whose answer is lost is recorded, with what the account has got by it", async (t) => {
  const { faults, cluster, apply, webhook, browser, url, audited } = await lossy(t);
  await cluster.kubectl("create", "serviceaccount", "mia");
  const spec = { organizationRef: { name: "acme" }, source: "Local", email: "mia@acme.example" };
  await apply(
    object("OrganizationUser", "mia", { ...spec, roles: ["organization-admin"], serviceAccountName: "mia" }),
  );
  await waitFor(() => webhook.caches.users.size === 1 || undefined, { what: "the account to be known" });
  const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", `${url}/login/acme`);
  faults.loseTimes(1, ...STATUS);
  const { status } = await browser().post("/login/acme/local", { token: stdout.trim() });
  t.is(status, 303);
  t.deepEqual(audited(), ["activate", "grant organization-admin", "local-sign-in"]);
});

test("the sign-out that ends all sessions is recorded though its answer is lost", async (t) => {
  const { faults, signedIn, browser, audited, users } = await lossy(t);
  for (let i = 0; i < 17; i++) {
    const cookies = await signedIn("ada");
    if (i === 16) {
      audited();
      faults.loseTimes(1, ...STATUS);
    }
    await browser(cookies).post("/logout", { organization: "acme" });
  }
  t.is((await users()).get("ada@acme.example")?.status?.sessionEpoch, 1);
  t.deepEqual(audited(), ["end-sessions"]);
});
