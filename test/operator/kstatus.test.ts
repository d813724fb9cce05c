import test from "ava";
import { waitFor } from "../cluster.ts";
import { type Kstatus, kstatusOf } from "../kstatus.ts";
import { mappingObject, operatorUnderTest, type UnderTest } from "./operator-under-test.ts";

const SERVICES: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };
const WITH_DIRECTORY = (url: string) => ({
  directory: { url, apiTokenRef: { name: "acme-okta", key: "apiToken" } },
});

/** What whoever waits for the organization and its mapping sees, and why. */
function seen({ organization, mapping }: UnderTest) {
  const read = async () => [await organization(), await mapping("services")] as const;
  const until = (...wanted: [Kstatus, Kstatus]) =>
    waitFor(
      async () => {
        const now = (await read()).map(kstatusOf);
        return now.join() === wanted.join() || undefined;
      },
      { what: `the organization and the mapping to be ${wanted.join(" and ")}` },
    );
  const conditions = async () =>
    (await read()).map(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ observedGeneration }) => observedGeneration === metadata.generation)
        .filter(({ type }) => ["Ready", "Reconciling", "Stalled"].includes(type))
        .map(({ type, status, reason }) => `${type} ${status} ${reason}`),
    );
  return { read, until, conditions };
}

test("new, healthy, edited: whoever waits never takes an older state for the present one", async (t) => {
  const underTest = await operatorUnderTest(t, { autoStart: false });
  const { applyAcme, okta, start, stop } = underTest;
  const { read, until, conditions } = seen(underTest);
  okta.directory.addGroup("service_admin");
  const connection = WITH_DIRECTORY(okta.url);
  await applyAcme({ mappings: SERVICES, okta: connection });
  t.deepEqual((await read()).map(kstatusOf), ["InProgress", "InProgress"], "nobody has looked yet");
  start();
  await until("Current", "Current");
  t.deepEqual(await conditions(), [["Ready True Ready"], ["Ready True Accepted"]]);
  await stop();
  await applyAcme({
    mappings: { services: [["service_admin"], ["portal-admin"]] },
    spec: { displayName: "Acme, Inc." },
    okta: connection,
  });
  t.deepEqual((await read()).map(kstatusOf), ["InProgress", "InProgress"], "edited");
  start();
  await until("Current", "Current");
});

test("while Okta hangs a new object is in progress, and says so at once with all that is known without Okta", async (t) => {
  const underTest = await operatorUnderTest(t, { oktaTimeoutMs: 600_000 });
  const { applyAcme, condition, okta, organization, mapping } = underTest;
  const { until, conditions } = seen(underTest);
  const hanging = okta.misbehave({ fault: { kind: "hang" } });
  okta.directory.addGroup("service_admin");
  const connection = WITH_DIRECTORY(okta.url);
  await applyAcme({ mappings: SERVICES, okta: connection });
  await condition("oktaorg", "acme", "IssuerDiscovered", "Unknown", "Checking");
  await condition("oktaorg", "acme", "DirectoryReachable", "Unknown", "Checking");
  await condition("oktaorg", "acme", "LoginPathAccepted", "True");
  await condition("orm", "services", "GroupsResolved", "Unknown", "Checking");
  await condition("orm", "services", "RolesResolved", "True");
  const checking = ["Ready Unknown Checking", "Reconciling True Checking"];
  t.deepEqual(await conditions(), [checking, checking]);
  t.is((await organization()).status?.loginURI, "http://localhost:8080/login/acme");
  await until("InProgress", "InProgress");

  hanging.stop();
  await until("Current", "Current");
  t.deepEqual(await conditions(), [["Ready True Ready"], ["Ready True Accepted"]]);

  // What was known of this generation stays: it hangs again, and something is edited that Okta has no part in.
  okta.misbehave({ fault: { kind: "hang" } });
  await applyAcme({ mappings: SERVICES, spec: { sessions: { maxAge: "1h" } }, okta: connection });
  await condition("oktaorg", "acme", "Ready", "True");
  await applyAcme({ mappings: { services: [["service_admin"], ["portal-admin"]] }, okta: connection });
  await condition("orm", "services", "Ready", "True");
  // Other groups have to be asked about.
  await applyAcme({ mappings: { services: [["other"], ["portal-admin"]] }, okta: connection });
  await condition("orm", "services", "Ready", "Unknown", "Checking");
  await until("Current", "InProgress");
  t.is((await mapping("services")).status?.groups?.[0]?.name, "service_admin", "as it was found before");
});

test("what can't work as it is written has failed, until it is written otherwise", async (t) => {
  const underTest = await operatorUnderTest(t);
  const { applyAcme, okta } = underTest;
  const { until, conditions } = seen(underTest);
  // An unknown role comes with the organization, which may be applied together with the mapping and be seen later.
  const newRole: typeof SERVICES = { services: [["service_admin"], ["service-reader"]] };
  await applyAcme({ mappings: newRole, okta: { issuer: `${okta.url}/oauth2/nowhere` } });
  await until("Failed", "InProgress");
  t.deepEqual(await conditions(), [
    ["Ready False WrongIssuer", "Stalled True WrongIssuer"],
    ["Ready False UnknownRole"],
  ]);
  await applyAcme({ mappings: SERVICES });
  await until("Current", "Current");
  t.deepEqual(await conditions(), [["Ready True Ready"], ["Ready True Accepted"]]);
});

test("an Okta that is down and an organization that isn't there yet are waited for", async (t) => {
  const underTest = await operatorUnderTest(t);
  const { apply, applyAcme, condition, okta } = underTest;
  const { until, conditions } = seen(underTest);
  await apply(mappingObject("services", ["service_admin"], ["service-admin"]));
  await condition("orm", "services", "Ready", "False", "OrganizationNotFound");
  okta.misbehave({ fault: { kind: "disconnect" } });
  await applyAcme();
  await condition("oktaorg", "acme", "Ready", "False", "IssuerUnreachable");
  await until("InProgress", "Current");
  okta.behave();
  await until("Current", "Current");
  t.deepEqual(await conditions(), [["Ready True Ready"], ["Ready True Accepted"]]);
});
