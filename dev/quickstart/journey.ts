import { CookieJar, type OktaStandIn, type SignInResult, signIn } from "../okta/index.ts";
import type { Environment } from "./environment.ts";

/** One thing that has to hold. */
export interface Step {
  readonly title: string;
  /** @throws Error saying what doesn't hold */
  readonly run: (journey: Journey) => Promise<void>;
}

/** How long a change may take to be seen. Generous: a slow machine isn't a broken product. */
const WAIT_MS = 30_000;

/** A person's browser. */
class Browser {
  readonly cookies = new CookieJar();
  readonly #journey: { okta: OktaStandIn; baseURL: string };

  constructor(journey: { okta: OktaStandIn; baseURL: string }) {
    this.#journey = journey;
  }

  /** Signs in with Okta, and ends where a browser would. */
  signIn(username: string): Promise<SignInResult> {
    const { okta, baseURL } = this.#journey;
    return signIn(okta, `${baseURL}/login/acme`, username, { cookies: this.cookies, followToEnd: true });
  }

  /** What a program is told of this browser's session: the roles, or undefined where it is refused. */
  async roles(): Promise<string[] | undefined> {
    const url = new URL("/session", this.#journey.baseURL);
    const cookie = this.cookies.header(url);
    const answer = await fetch(url, { headers: cookie === undefined ? {} : { cookie } });
    if (answer.status === 401) return undefined;
    if (answer.status !== 200)
      throw new Error(`GET /session answered ${answer.status}: ${await answer.text()}`);
    const { roles } = (await answer.json()) as { roles: { name: string }[] };
    return [...new Set(roles.map(({ name }) => name))].sort();
  }
}

/** What the steps share: the environment, and the browsers of the people in it. */
export class Journey {
  readonly environment: Environment;
  readonly ada: Browser;
  readonly ben: Browser;
  readonly mia: Browser;
  readonly eve: Browser;

  constructor(environment: Environment) {
    this.environment = environment;
    const { okta } = environment;
    const { baseURL } = environment.product;
    const browser = () => new Browser({ okta, baseURL });
    [this.ada, this.ben, this.mia, this.eve] = [browser(), browser(), browser(), browser()];
  }

  kubectl(...args: string[]): Promise<string> {
    return this.environment.kubectl(args);
  }

  apply(manifest: string): Promise<string> {
    return this.environment.kubectl(["apply", "-f", "-"], manifest);
  }

  /** One field of the account with this address. */
  async account(email: string, field: string): Promise<string> {
    return (
      await this.kubectl(
        "get",
        "orguser",
        "--field-selector",
        `spec.email=${email}`,
        "-o",
        `jsonpath={.items[*]${field}}`,
      )
    ).trim();
  }

  /** Waits until a browser's session has these roles; undefined: until it is refused. */
  async untilRoles(browser: Browser, expected: readonly string[] | undefined): Promise<void> {
    const wanted = JSON.stringify(expected);
    await this.environment.until(async () => JSON.stringify(await browser.roles()) === wanted, {
      what: expected ? `the session to hold ${expected.join(", ")}` : "the session to be refused",
      timeoutMs: WAIT_MS,
    });
  }

  async untilField(what: readonly string[], field: string, expected: string): Promise<void> {
    await this.environment.until(
      async () => (await this.kubectl("get", ...what, "-o", `jsonpath={${field}}`)) === expected,
      { what: `${what.join("/")} to have ${field} ${expected}`, timeoutMs: WAIT_MS },
    );
  }
}

/** @throws Error when it isn't so */
function expect(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise);
}

function expectRefused({ response }: SignInResult, received: string): void {
  expect(response.status === 403, `the sign-in was answered with ${response.status}, not 403`);
  expect(response.body.includes(received), `the page doesn't show ${received}`);
}

const mapping = (name: string, groups: string[], roles: string[], organization = "acme") => `
apiVersion: rolemapping.dev/v1alpha1
kind: OktaRoleMapping
metadata: {name: ${name}}
spec:
  organizationRef: {name: ${organization}}
  groups: [${groups.map((group) => `{name: ${group}}`).join(", ")}]
  roles: [${roles.join(", ")}]
`;

/** The journey of the quickstart's `--check`, in order: each step builds on those before. */
export const STEPS: readonly Step[] = [
  {
    title: "kubectl apply of an organization and its mappings; they become Ready",
    run: async (journey) => {
      await journey.kubectl("wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=30s");
    },
  },
  {
    title: "Ada, who is in service_admin, signs in: her account is made, with Service Admin and its cause",
    run: async (journey) => {
      const { response } = await journey.ada.signIn("ada@acme.example");
      expect(response.status === 200, `the sign-in ended with ${response.status}`);
      await journey.untilRoles(journey.ada, ["service-admin"]);
      expect(
        (await journey.account("ada@acme.example", ".status.state")) === "Active",
        "the account isn't Active",
      );
      const cause = await journey.account("ada@acme.example", ".status.roles[*]['name','mapping','group']");
      expect(cause === "service-admin service-admins service_admin", `the cause is: ${cause}`);
    },
  },
  {
    title: "nobody edits Ada's account: membership is managed in Okta and by mappings",
    run: async ({ environment }) => {
      const name = await environment.kubectl([
        "get",
        "orguser",
        "--field-selector",
        "spec.email=ada@acme.example",
        "-o",
        "name",
      ]);
      const patch = ["patch", name.trim(), "--type=merge", "-p", '{"spec":{"name":"Somebody else"}}'];
      const { code, stderr } = await environment.tryKubectl(patch);
      expect(code !== 0 && /managed in Okta/i.test(stderr), `kubectl patch said: ${stderr}`);
    },
  },
  {
    title: "Ben, a local user from before, signs in with Okta: the same account, roles now from his groups",
    run: async (journey) => {
      await journey.ben.signIn("ben@acme.example");
      await journey.untilRoles(journey.ben, ["service-developer"]);
      expect(
        (await journey.account("ben@acme.example", ".metadata.name")) === "ben",
        "another account was made",
      );
      expect(
        (await journey.account("ben@acme.example", ".spec.source")) === "Okta",
        "the account isn't linked",
      );
    },
  },
  {
    title: "Mia, a local admin, signs in without Okta: still an admin",
    run: async (journey) => {
      await journey.untilField(["orguser", "mia"], ".status.state", "Active");
      await journey.environment.signInLocally(journey.mia.cookies, "mia");
      await journey.untilRoles(journey.mia, ["organization-admin"]);
    },
  },
  {
    title:
      "Mia also signs in with Okta, where she is in no mapped group: refused there, and still an admin here",
    run: async (journey) => {
      expectRefused(await journey.eve.signIn("mia@acme.example"), "Everyone");
      await journey.untilRoles(journey.mia, ["organization-admin"]);
    },
  },
  {
    title: "Eve, who is in no mapped group, is refused; the page shows her groups, and no account is made",
    run: async (journey) => {
      const { eve } = new Journey(journey.environment);
      expectRefused(await eve.signIn("eve@acme.example"), "marketing");
      expect((await journey.account("eve@acme.example", ".metadata.name")) === "", "an account was made");
    },
  },
  {
    title: "Okta's event hook is verified",
    run: (journey) =>
      journey.untilField(
        ["oktaorg", "acme"],
        '.status.conditions[?(@.type=="EventHookVerified")].status',
        "True",
      ),
  },
  {
    title: "Ada moves to portal_admin in Okta: her live session holds the other roles, without a sign-in",
    run: async (journey) => {
      const { directory } = journey.environment.okta;
      directory.removeFromGroup("service_admin", "ada@acme.example");
      directory.addToGroup("portal_admin", "ada@acme.example");
      await journey.untilRoles(journey.ada, ["portal-admin", "service-page-editor"]);
    },
  },
  {
    title:
      "Ada leaves all mapped groups: her session ends without a sign-in, and her next sign-in is refused",
    run: async (journey) => {
      const { directory, eventHooks } = journey.environment.okta;
      directory.removeFromGroup("portal_admin", "ada@acme.example");
      await journey.untilRoles(journey.ada, undefined);
      expect(eventHooks.sent.at(-1)?.outcome === 204, "the event hook's delivery wasn't taken");
      const elsewhere = new Journey(journey.environment).ada;
      expectRefused(await elsewhere.signIn("ada@acme.example"), "Everyone");
      expect((await journey.account("ada@acme.example", ".status.state")) === "Deactivated", "still Active");
    },
  },
  {
    title: "Ada is put back: Active again, and the session from before stays dead",
    run: async (journey) => {
      journey.environment.okta.directory.addToGroup("service_admin", "ada@acme.example");
      const again = new Journey(journey.environment).ada;
      await again.signIn("ada@acme.example");
      await journey.untilRoles(again, ["service-admin"]);
      await journey.untilRoles(journey.ada, undefined);
      await journey.ada.signIn("ada@acme.example");
    },
  },
  {
    title: "a mapping is edited: Ada's live session holds another role, without a sign-in",
    run: async (journey) => {
      await journey.apply(mapping("service-admins", ["service_admin"], ["service-admin", "runtime-admin"]));
      await journey.untilRoles(journey.ada, ["runtime-admin", "service-admin"]);
    },
  },
  {
    title: "a mapping is deleted: Ada's account is deactivated; it comes back, and so does she",
    run: async (journey) => {
      await journey.kubectl("delete", "orm", "service-admins");
      await journey.untilRoles(journey.ada, undefined);
      await journey.apply(mapping("service-admins", ["service_admin"], ["service-admin"]));
      await journey.environment.until(
        async () => (await journey.account("ada@acme.example", ".status.state")) === "Active",
        { what: "Ada's account to be Active", timeoutMs: WAIT_MS },
      );
    },
  },
  {
    title:
      "a mapping with a role that isn't in the catalogue, or of no organization, says so and takes nothing",
    run: async (journey) => {
      await journey.ada.signIn("ada@acme.example");
      await journey.apply(mapping("service-admins", ["service_admin"], ["service-admin", "service-amdin"]));
      await journey.untilField(
        ["orm", "service-admins"],
        '.status.conditions[?(@.type=="Ready")].reason',
        "UnknownRole",
      );
      await journey.untilRoles(journey.ada, ["service-admin"]);
      await journey.apply(mapping("service-admins", ["service_admin"], ["service-admin"]));
      await journey.untilField(
        ["orm", "service-admins"],
        '.status.conditions[?(@.type=="Ready")].status',
        "True",
      );
      await journey.apply(mapping("lost", ["service_admin"], ["service-admin"], "nowhere"));
      await journey.untilField(
        ["orm", "lost"],
        '.status.conditions[?(@.type=="Ready")].reason',
        "OrganizationNotFound",
      );
      await journey.kubectl("delete", "orm", "lost");
    },
  },
  {
    title: "a mapping without groups is refused by kubectl apply, with what to write instead",
    run: async ({ environment }) => {
      const { code, stderr } = await environment.tryKubectl(
        ["apply", "-f", "-"],
        mapping("empty", [], ["service-admin"]),
      );
      expect(code !== 0 && stderr.includes("at least one group"), `kubectl apply said: ${stderr}`);
    },
  },
  {
    title: "Ada signs out; her session has ended",
    run: async (journey) => {
      await journey.environment.signOut(journey.ada.cookies);
      await journey.untilRoles(journey.ada, undefined);
    },
  },
];
