import test from "ava";
import { waitFor } from "../../cluster.ts";
import { object, person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const okta = {
  users: [
    person("kim", ["org_admin"]),
    person("ada", ["service_admin", "Portal_Admin"]),
    person("bea", ["beta_admin"]),
  ],
  groups: ["org_admin", "service_admin", "Portal_Admin", "beta_admin"],
};

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  portal: [["portal_admin"], ["portal-admin"]],
  organization: [["org_admin"], ["organization-admin"]],
};

/** Ada is of Acme, Kim administers it, Bea administers Beta. */
async function scene(underTest: UnderTest) {
  const { applyAcme, signedIn, browser } = underTest;
  await applyAcme({ mappings: MAPPINGS });
  await applyAcme({ name: "beta", mappings: { "beta-admins": [["beta_admin"], ["organization-admin"]] } });
  const ada = browser(await signedIn("ada"));
  const kim = browser(await signedIn("kim"));
  const bea = browser(await signedIn("bea", { path: "/login/beta" }));
  return { ada, kim, bea };
}

/** The text of a page as it is read. */
const text = (body: string): string =>
  body
    .replace(/<[^>]*>/g, " ")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replace(/\s+/g, " ");

test("an admin asks about anybody of the organization, by email in whatever case, and reads what is missing and what came near", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { kim } = await scene(underTest);
  const { status, body } = await kim.get("/login/acme/why?email=ADA@acme.example");
  t.is(status, 200);
  const read = text(body);
  t.regex(read, /Service Admin Held In group "service_admin" of mapping services\./);
  t.regex(
    read,
    /Portal Admin Not held Near miss: "Portal_Admin" was received, and mapping portal names "portal_admin"; group names match exactly\./,
  );
  t.regex(read, /Not held In no group of mapping organization, which names "org_admin"\./);
  t.regex(read, /Groups received from Okta .*service_admin/);

  const one = text((await kim.get("/login/acme/why?email=ada@acme.example&role=portal-admin")).body);
  t.regex(one, /Portal Admin Not held Near miss/);
  t.false(one.includes("Service Admin Held"));
  const own = text((await kim.get("/login/acme/why")).body);
  t.regex(own, /kim@acme\.example .*Organization Admin admin Held/);
});

test("whoever is no admin reads of themselves alone, whatever address they enter, and not which groups would do", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { ada } = await scene(underTest);
  for (const query of ["", "?email=kim@acme.example", "?email=nobody@acme.example&role=portal-admin"]) {
    const { status, body } = await ada.get(`/login/acme/why${query}`);
    t.is(status, 200);
    const read = text(body);
    t.regex(read, /ada@acme\.example/, query);
    t.regex(
      read,
      /Portal Admin Not held One of your groups is almost one that gives it: ask an administrator of Acme/,
    );
    t.false(/kim@|nobody@|portal_admin|org_admin|mapping portal/.test(body), query);
    t.false(body.includes('name="email"'), "there is nobody else to ask about");
  }
});

test("my access says of a role that isn't held what came near, and nothing of which groups would do", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { ada } = await scene(underTest);
  const { body } = await ada.get("/login/acme/me");
  t.regex(
    text(body),
    /Portal Admin .*One of your groups is almost one that gives it: ask an administrator of Acme/,
  );
  t.false(/portal_admin|org_admin/.test(body));
});

test("nobody of another organization reads anything, and an admin finds nobody of another one", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { kim, bea } = await scene(underTest);
  const answer = await bea.get("/login/acme/why?email=ada@acme.example");
  t.is(answer.status, 303);
  t.regex(String(answer.headers.location), /\/login\/acme\?return_to=/);
  const read = text((await kim.get("/login/acme/why?email=bea@acme.example")).body);
  t.regex(read, /No account Nobody of Acme has the address bea@acme\.example here/);
  t.regex(read, /Mapping services gives it to "service_admin"\./);
  t.false(/beta|Deactivated|last signed in/.test(read));
});

test("all accounts of an address are explained: the one of Okta's and the local one beside it", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { kim } = await scene(underTest);
  const { apply, cluster, webhook } = underTest;
  await apply(
    object("OrganizationUser", "ada-in-emergencies", {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "Ada@acme.example",
      roles: ["organization-admin"],
      serviceAccountName: "ada",
    }),
  );
  await waitFor(() => webhook.caches.users.get(`${cluster.namespace}/ada-in-emergencies`), {
    what: "the webhook to hear of the local account",
  });
  const { body } = await kim.get("/login/acme/why?email=ada@acme.example&role=organization-admin");
  t.is(body.match(/<section>/g)?.length, 2);
  t.regex(text(body), /a local account, being made/);
  t.regex(text(body), /an Okta account, active/);
});

test("what is entered is shown as it is, whatever it is, and a role that isn't there is said to be none", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { kim } = await scene(underTest);
  const evil = '"><script>alert(1)</script>';
  const query = new URLSearchParams({ email: `${evil}@acme.example`, role: evil });
  const { status, body } = await kim.get(`/login/acme/why?${query}`);
  t.is(status, 200);
  t.false(body.includes("<script"));
  t.regex(text(body), /There is no such role in the catalogue of Acme/);
  t.is((await kim.get("/login/acme/why?email=%00&role=%00")).status, 200);
  for (const odd of ["?email=a&email=b", "?role=a&role=b", `?email=${"x".repeat(3_000)}`])
    t.is((await kim.get(`/login/acme/why${odd}`)).status, 400, odd.slice(0, 30));
});

test("however many mappings and roles there are, a page stays below 100 kB", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const roles = Array.from({ length: 40 }, (_, i) => `role-number-${i}-with-a-longer-name`);
  const long = (i: number, j: number) => `${"<&'\">".repeat(40)} group ${i} ${j}`;
  const mappings = Object.fromEntries(
    Array.from({ length: 20 }, (_, i): [string, [string[], string[]]] => [
      `m${i}`,
      [Array.from({ length: 10 }, (_, j) => long(i, j)), roles],
    ]),
  );
  await underTest.applyAcme({
    mappings: { ...mappings, organization: [["org_admin"], ["organization-admin"]] },
    spec: {
      roles: [
        { name: "organization-admin", displayName: "Organization Admin", admin: true },
        ...roles.map((name) => ({ name, displayName: `The role ${name}` })),
      ],
    },
  });
  const kim = underTest.browser(await underTest.signedIn("kim"));
  for (const query of ["", `?role=${roles[0]}`]) {
    const { status, body } = await kim.get(`/login/acme/why${query}`);
    t.is(status, 200);
    t.true(Buffer.byteLength(body) < 100_000, `${Buffer.byteLength(body)} bytes`);
    t.true(query === "" ? /There is no room here for \d+ more/.test(body) : /and \d+ more/.test(body));
  }
});
