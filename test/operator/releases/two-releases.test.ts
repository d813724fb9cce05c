import test, { type ExecutionContext } from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { Patience } from "../../../organizations/tenure.ts";
import { waitFor } from "../../cluster.ts";
import { mappingObject, operatorUnderTest, rolesOf, type UnderTest } from "../operator-under-test.ts";

/** As releases are, but many times as fast. */
const PATIENCE: Patience = {
  takeOverMs: 1_000,
  settleMs: 4_000,
  undoneMs: 5_000,
  retry: { baseMs: 14_000, maxMs: 28_000 },
  contestedMs: 16_000,
};

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

/** A release, and another one that watches the namespace of the first as well. Neither runs yet. */
async function twoReleases(t: ExecutionContext, ofSecond: Partial<Patience> = {}) {
  const options = { autoStart: false, patience: PATIENCE };
  const first = await operatorUnderTest(t, { ...options, baseURL: "https://first.example" });
  const second = await operatorUnderTest(t, {
    ...options,
    patience: { ...PATIENCE, ...ofSecond },
    baseURL: "https://second.example",
    beside: first,
  });
  const { namespace } = first.cluster;
  const names = { first: `${namespace}/okta-role-operator`, second: `${namespace}/another-release` };
  const until = (what: string, holds: (organization: Organization) => boolean) =>
    waitFor(
      async () => {
        const organization = await first.organization();
        return holds(organization) ? organization : undefined;
      },
      { what: `the organization ${what}` },
    );
  return { first, second, until, names };
}

function contested({ status }: Organization) {
  return status?.conditions?.find(({ type }) => type === "Contested");
}

/** How often this release has taken the organization back. */
function takenBack({ lines }: UnderTest): number {
  return lines.filter(
    ({ msg }) => msg === "another release has taken an organization over, and it is taken back",
  ).length;
}

/** What both have written since this was called, by kind. */
async function countWrites(...releases: UnderTest[]): Promise<() => Promise<Record<string, number[]>>> {
  const kinds = ["organizations", "oktarolemappings", "organizationusers", "oktahints"];
  const count = () =>
    Promise.all(kinds.map((kind) => Promise.all(releases.map(({ writes }) => writes(kind)))));
  const before = await count();
  return async () => {
    const after = await count();
    return Object.fromEntries(
      kinds.map((kind, i) => [kind, releases.map((_, j) => (after[i]?.[j] ?? 0) - (before[i]?.[j] ?? 0))]),
    );
  };
}

test("two releases that watch one namespace don't write against each other, and say that they are two", async (t) => {
  // The first is to be in time on a busy machine, too, and the second to see that it was.
  const patience = { settleMs: 30_000, undoneMs: 30_000 };
  const { first, second, until, names } = await twoReleases(t, patience);
  await first.applyAcme({ mappings: MAPPINGS });
  first.start();
  await first.condition("oktaorg", "acme", "Ready", "True");
  const ada = await first.signedIn("ada", ["service_admin"], MAPPINGS);
  await waitFor(async () => (await first.mapping("services")).status?.users?.assigned || undefined, {
    what: "Ada to be counted",
  });
  const { status } = await until("to be the first one's", ({ status }) => status?.users?.active === 1);
  t.is(status?.controller, names.first);
  t.is(status?.loginURI, "https://first.example/login/acme");

  const written = await countWrites(first, second);
  second.start();
  const { message } = await first.condition("oktaorg", "acme", "Contested", "True", "AnotherRelease");
  t.true(message.includes(names.second), message);
  t.regex(message, /watchNamespaces/);

  // Twice it is tried to take over, and put right: that is all that is written.
  await waitFor(() => (takenBack(first) === 2 ? true : undefined), { what: "the second try" });
  const wrote = await until(
    "to be the first one's again",
    ({ status }) => status?.controller === names.first,
  );
  t.is(wrote.status?.loginURI, "https://first.example/login/acme");
  const { organizations = [], ...others } = await written();
  t.deepEqual(others, { oktarolemappings: [0, 0], organizationusers: [0, 0], oktahints: [0, 0] });
  t.is(organizations[1], 2);
  t.true((organizations[0] ?? 0) <= 4, `${organizations[0]} writes of the first`);

  // What a mapping gives is one release's to say.
  await first.applyAcme({ mappings: { services: [["service_admin"], ["portal-admin"]] } });
  await first.untilUser(ada.ref, "to follow", (user) => rolesOf(user).join() === "portal-admin");
  const later = await written();
  t.deepEqual([later.oktarolemappings?.[1], later.organizationusers?.[1]], [0, 0]);

  const events = await first.cluster.kubectl(
    "get",
    "events.events.k8s.io",
    "-o",
    "jsonpath={.items[*].reason}",
  );
  t.regex(events.stdout, /\bContested\b/);

  await second.stop();
  await until("not to be contested any more", (organization) => contested(organization) === undefined);
  t.is((await first.organization()).status?.controller, names.first);
});

test("what Okta's directory says is one release's to read and to store", async (t) => {
  const { first, second } = await twoReleases(t, { takeOverMs: 300_000 });
  const { okta, cluster, store } = first;
  okta.directory.addGroup("service_admin");
  const directory = { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } };
  const often = { ...directory, provision: "BeforeLogin", pollInterval: "10s" };
  await first.applyAcme({ mappings: MAPPINGS, okta: { directory: often } });
  first.start();
  await first.condition("oktaorg", "acme", "DirectorySynced", "True");
  const written = await countWrites(first, second);
  second.start();
  const joins = async (name: string): Promise<void> => {
    const person = okta.directory.addUser({ login: `${name}@acme.example`, groups: ["service_admin"] });
    const identity = { issuer: okta.issuer("default"), subject: person.id };
    const account = await waitFor(() => store.freshBySubject(`${cluster.namespace}/acme`, identity), {
      what: `${name}'s account`,
    });
    await first.untilUser(account.ref, "to be active", ({ status }) => status?.state === "Active");
  };
  for (const name of ["ada", "ben"]) await joins(name);
  for (const [, others] of Object.values(await written())) t.is(others, 0);
  const reads = ({ lines }: UnderTest) =>
    lines.filter(({ msg }) => /directory .* was read$/.test(String(msg)));
  t.true(reads(first).length > 0);
  t.deepEqual(reads(second), []);
});

test("a release that is gone is followed by the one that has come in its place", async (t) => {
  const { first, second, until, names } = await twoReleases(t);
  await first.applyAcme({ mappings: MAPPINGS });
  first.start();
  await first.condition("orm", "services", "Ready", "True");
  const ada = await first.signedIn("ada", ["service_admin"], MAPPINGS);
  await first.stop();
  await first.applyAcme({ mappings: { services: [["service_admin"], ["portal-admin"]] } });

  second.start();
  const { status } = await until(
    "to be the second one's",
    ({ status }) => status?.loginURI === "https://second.example/login/acme",
  );
  t.is(status?.controller, names.second);
  await first.untilUser(ada.ref, "to follow", (user) => rolesOf(user).join() === "portal-admin");
  t.is(contested(await first.organization()), undefined);
});

test("a release that is started anew, or leads by another replica, goes on at once", async (t) => {
  const { first, names, until } = await twoReleases(t);
  await first.applyAcme({ mappings: MAPPINGS });
  first.start();
  await first.condition("orm", "services", "Ready", "True");
  await first.condition("oktaorg", "acme", "Ready", "True");
  const before = await until("to be kept", ({ status }) => status?.sessions !== undefined);
  await first.stop();
  first.start();
  await first.applyAcme({ mappings: { services: [["service_admin"], ["no-such-role"]] } });
  await first.condition("orm", "services", "Ready", "False", "UnknownRole");
  const after = await first.organization();
  t.is(after.status?.controller, names.first);
  t.is(after.metadata.resourceVersion, before.metadata.resourceVersion, "nothing was written for that");
});

test("what has no organization isn't contested, whatever words two versions have for that", async (t) => {
  const { first, second } = await twoReleases(t);
  await first.applyAcme({ mappings: MAPPINGS });
  const ada = await first.signedIn("ada", ["service_admin"], MAPPINGS);
  await first.cluster.kubectl("delete", "oktaorg", "acme");
  first.start();
  second.start();
  await first.condition("orm", "services", "Ready", "False", "OrganizationNotFound");
  await first.untilUser(ada.ref, "to be deactivated", ({ status }) => status?.state === "Deactivated");

  // What another version says in its own words is left as it is.
  const reworded = async (kind: string, name: string) => {
    const { stdout } = await first.cluster.kubectl("get", kind, name, "-o", "json");
    const { status } = JSON.parse(stdout.replaceAll(/There is no organization|does not exist/g, "Who knows"));
    t.true(JSON.stringify(status).includes("Who knows"), stdout);
    const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify({ status })];
    const as = ["--as", `system:serviceaccount:${first.cluster.namespace}:okta-role-operator`];
    await first.cluster.kubectl("patch", kind, name, ...patch, ...as, "--as-group", "system:masters");
  };
  for (const release of [first, second]) await release.stop();
  await reworded("orm", "services");
  await reworded("orguser", ada.ref.slice(ada.ref.indexOf("/") + 1));
  const versions = async () =>
    [await first.mapping("services"), await first.user(ada.ref)].map(
      ({ metadata }) => metadata.resourceVersion,
    );
  const before = await versions();

  // One after the other: each looks at everything when it starts, and last at what comes then.
  for (const [index, release] of [first, second].entries()) {
    release.start();
    const mapping = `zz${index}`;
    await first.apply(mappingObject(mapping, ["web"], ["portal-admin"], "nobody"));
    await first.condition("orm", mapping, "Ready", "False", "OrganizationNotFound");
    const last = await first.signedIn(`last${index}`, ["service_admin"], MAPPINGS);
    await first.untilUser(last.ref, "to be deactivated", ({ status }) => status?.state === "Deactivated");
    await release.stop();
    t.deepEqual(await versions(), before);
  }
});
