import { CookieJar } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { object, person, type UnderTest } from "../webhook-under-test.ts";

/** Ada is of Acme, Kim administers it, Bea administers Beta and is nobody at Acme; Mia is Acme's local admin. */
export const okta = {
  users: [
    person("ada", ["service_admin"]),
    person("kim", ["service_admin", "org_admin"]),
    person("bea", ["beta_admin"]),
  ],
  groups: ["service_admin", "org_admin", "beta_admin"],
};

/** Their cookies, by what they are at Acme. */
export async function twoOrganizations(underTest: UnderTest) {
  const { applyAcme, apply, cluster, url, signedIn, browser, webhook } = underTest;
  await applyAcme({
    mappings: {
      services: [["service_admin"], ["service-admin"]],
      organization: [["org_admin"], ["organization-admin"]],
    },
  });
  await applyAcme({ name: "beta", mappings: { "beta-admins": [["beta_admin"], ["organization-admin"]] } });
  await cluster.kubectl("create", "serviceaccount", "mia");
  await apply(
    object("OrganizationUser", "mia", {
      organizationRef: { name: "acme" },
      source: "Local",
      email: "mia@acme.example",
      roles: ["organization-admin"],
      serviceAccountName: "mia",
    }),
  );
  await waitFor(() => webhook.caches.users.get(`${cluster.namespace}/mia`), {
    what: "the webhook to hear of Mia",
  });
  const audience = `${url}/login/acme`;
  const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", audience);
  const mia = new CookieJar();
  const entered = await browser(mia).post("/login/acme/local", { token: stdout.trim() });
  if (entered.status !== 303) throw new Error(`Mia's sign-in was answered with ${entered.status}`);
  return {
    nobody: new CookieJar(),
    member: await signedIn("ada"),
    admin: await signedIn("kim"),
    "admin of another": await signedIn("bea", { path: "/login/beta" }),
    "local admin": mia,
  } as const;
}
