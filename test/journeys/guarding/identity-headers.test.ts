import { decodeJwt } from "jose";
import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";
import { spellings } from "./spellings.ts";

const TOLD = ["User", "Email", "Organization", "Roles", "Roles-Omitted", "Assertion"].map(
  (what) => `X-Auth-Request-${what}`,
);

testWithProxies(
  "an application that folds headers' names hears who it is of the webhook alone",
  async (t, proxy) => {
    const { under, ask } = await guarded(t, proxy);
    const cookies = await under.signedIn("ada");
    const user = [...(await under.users()).values()][0]?.metadata.name;
    const { namespace } = under.cluster;
    const truth = {
      HTTP_X_AUTH_REQUEST_USER: [`${namespace}/${user}`],
      HTTP_X_AUTH_REQUEST_EMAIL: ["ada@acme.example"],
      HTTP_X_AUTH_REQUEST_ORGANIZATION: [`${namespace}/acme`],
      HTTP_X_AUTH_REQUEST_ROLES: ["service-admin"],
      HTTP_X_AUTH_REQUEST_ROLES_OMITTED: [], // or empty
    };
    const told = async (headers: readonly string[]) => {
      const { status, received } = await ask("/reports", { cookies, headers });
      t.is(status, 200);
      const [assertion = "", ...others] = received.folded.HTTP_X_AUTH_REQUEST_ASSERTION ?? [];
      t.deepEqual(others, [], "one assertion");
      t.is(decodeJwt(assertion).sub, `${namespace}/${user}`);
      return Object.fromEntries(
        Object.keys(truth).map((name) => [name, received.folded[name]?.filter(Boolean) ?? []]),
      );
    };
    t.deepEqual(await told([]), truth);
    for (const name of TOLD) {
      t.deepEqual(await told([name, "forged", name.toLowerCase(), "again"]), truth, name);
      const forged = spellings(name).flatMap((spelling) => [spelling, "forged"]);
      t.deepEqual(await told(forged), truth, `every spelling of ${name}`);
      t.deepEqual(await told(["Connection", `close, ${name}`, name, "forged"]), truth, `Connection: ${name}`);
    }
    const all = TOLD.join(", ");
    t.deepEqual(await told(["Connection", all]), truth, "hop by hop");
    t.deepEqual(await told(["X-Of-The-Application", "kept"]), truth);
    const { received } = await ask("/reports", { cookies, headers: ["X-Of-The-Application", "kept"] });
    t.deepEqual(received.headers["x-of-the-application"], ["kept"]);
  },
);

testWithProxies("what the webhook doesn't tell isn't what a client says instead", async (t, proxy) => {
  const names = Array.from({ length: 40 }, (_, i) => `service-admin-of-a-department-${i}`);
  const joerg = { login: "joerg@acme.example", email: "jörg@acme.example", firstName: "J", lastName: "O" };
  const users = [{ ...joerg, password: "joerg", groups: ["service_admin"] }];
  const { under, ask } = await guarded(t, proxy, { okta: { users, groups: ["service_admin"] } });
  const roles = ["service-admin", ...names].map((name) => ({ name, displayName: name }));
  await under.applyAcme({
    spec: { roles },
    mappings: { services: [["service_admin"], roles.map(({ name }) => name)] },
  });
  const cookies = await under.signedIn("joerg");
  const forged = TOLD.flatMap((name) => [name, "service-admin-forged"]);
  const { status, received } = await ask("/", { cookies, headers: forged });
  t.is(status, 200, "the role that is required is held, although it isn't told");
  t.like(received.folded, { HTTP_X_AUTH_REQUEST_ROLES_OMITTED: ["41"] });
  for (const what of ["EMAIL", "ROLES"])
    t.is(received.folded[`HTTP_X_AUTH_REQUEST_${what}`]?.join("") ?? "", "", what);
});
