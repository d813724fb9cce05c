import test from "ava";
import { CookieJar, signIn } from "../../dev/okta/index.ts";
import { type Environment, startEnvironment } from "../../dev/quickstart/environment.ts";
import { Journey, STEPS } from "../../dev/quickstart/journey.ts";

/** A control plane of its own: it is killed in the end. */
let environment: Environment;

test.before(async () => {
  environment = await startEnvironment({ namespace: "acme", ports: { webhook: 0, okta: 0 }, step: () => {} });
});
test.after.always(() => environment?.stop());

test.serial("every step of the journey holds, in order", async (t) => {
  t.timeout(300_000);
  const journey = new Journey(environment);
  for (const { title, run } of STEPS) await t.notThrowsAsync(run(journey), title);
});

test.serial(
  "an application behind a proxy that is installed: Ada is sent to sign in and back, Raj is told what he lacks",
  async (t) => {
    const { guarded, okta } = environment;
    if (!guarded) {
      t.pass("no proxy is installed");
      return;
    }
    const visit = (name: string) =>
      signIn(okta, `${guarded.url}/reports?of=today`, `${name}@acme.example`, { followToEnd: true });
    const ada = await visit("ada");
    t.is(ada.visited.at(-1), `${guarded.url}/reports?of=today`);
    t.regex(ada.response.body, /x-auth-request-email: ada@acme\.example/);
    t.false(ada.response.body.includes("okta-role-"), "our cookies stay out of it");
    const raj = await visit("raj");
    t.is(raj.response.status, 403);
    t.regex(raj.response.body, /Service Admin/);
  },
);

test.serial(
  "the API server is killed in mid-flight: in the end everybody has one account, and it is right",
  async (t) => {
    t.timeout(300_000);
    const { okta, product, controlPlane, kubectl } = environment;
    const names = Array.from({ length: 20 }, (_, i) => `person${i}`);
    for (const name of names)
      okta.directory.addUser({ login: `${name}@acme.example`, password: "p", groups: ["runtime_admin"] });
    const login = `${product.baseURL}/login/acme`;
    const attempt = async (name: string) => {
      const cookies = new CookieJar();
      const { callback } = await signIn(okta, login, `${name}@acme.example`, { cookies });
      return { cookies, admitted: callback?.status === 303 };
    };

    const first = await attempt("person0");
    t.true(first.admitted);
    // The middle of it: some sign-ins are on their way when the API server dies, without finishing anything.
    const inFlight = names.map((name) => attempt(name).catch(() => ({ admitted: false })));
    await controlPlane?.restartApiServer({ kill: true });
    await Promise.all(inFlight);

    for (const name of names) {
      await environment.until(async () => (await attempt(name)).admitted, {
        what: `${name} to be signed in`,
        timeoutMs: 60_000,
      });
    }
    const path =
      '{range .items[?(@.spec.email!="")]}{.spec.email} {.status.state} {.status.roleNames}{"\\n"}{end}';
    let people: string[] = [];
    await environment.until(
      async () => {
        const lines = (await kubectl(["get", "orguser", "-o", `jsonpath=${path}`])).split("\n");
        people = lines.filter((line) => line.startsWith("person"));
        return people.every((line) => line.includes(" Active "));
      },
      { what: "everybody's account to be active", timeoutMs: 60_000 },
    );
    t.deepEqual(people.sort(), names.map((name) => `${name}@acme.example Active ["runtime-admin"]`).sort());
  },
);
