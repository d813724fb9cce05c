import type { ExecutionContext } from "ava";
import express, { type Express } from "express";
import type { Organization } from "../../../crds/types.ts";
import { CompiledPolicy, type User } from "../../../identity/index.ts";
import { LoginPathHolders } from "../../../organizations/login-path-reservations.ts";
import { Guard } from "../../../webhook/console/guard.ts";
import { sendProblem } from "../../../webhook/http/problem.ts";
import { problemOf } from "../../../webhook/http/problem-of-error.ts";
import { Organizations } from "../../../webhook/organizations.ts";
import { Origins } from "../../../webhook/origins.ts";
import { serve } from "../../../webhook/server.ts";
import { ISSUER } from "../../identity/an-account.ts";
import { Browser } from "../browser.ts";
import { usersScene } from "../console/users-scene.ts";
import { Jar, Replica } from "../sessions/session-fixtures.ts";

/** Where the webhook's own pages are. */
export const OWN = "https://login.example.com";

const ROLES: Organization["spec"]["roles"] = [
  { name: "viewer", displayName: "Viewer", admin: false },
  { name: "admin", displayName: "Admin", admin: true },
];

const MAPPINGS = [
  { name: "viewers", groups: [{ name: "view" }], roles: ["viewer"] },
  { name: "admins", groups: [{ name: "ops" }], roles: ["admin"] },
];

/** Two organizations, Acme and Beta, their people, and what routes ask about them; nothing of it is on a cluster. */
export class SmallWebhook {
  readonly replica = new Replica();
  readonly #scene = usersScene();
  readonly roster = this.#scene.roster;
  readonly policies = {
    of: () => ({
      policy: new CompiledPolicy(ROLES, MAPPINGS),
      ...{ issuer: ISSUER, held: false, paused: false },
    }),
  };
  readonly organizations: Organizations;
  readonly guard: Guard;
  isUnreadable = false;

  constructor() {
    const all = this.replica.organizations;
    for (const [name, displayName] of Object.entries({ acme: "Acme", beta: "Beta" })) {
      const made = this.replica.organization(name, { namespace: "acme" });
      Object.assign(made.spec, { displayName, roles: ROLES });
    }
    this.organizations = new Organizations(
      {
        get: (key) => all.get(key),
        by: (_, path) => [...all.values()].filter(({ spec }) => spec.loginPath === path),
        unreadable: () => [],
      },
      new LoginPathHolders({
        cache: { get: () => undefined, subscribe: () => () => {} },
        key: "acme/paths",
        prefixes: { allow: () => true } as never,
      }),
      () => false,
      () => this.isUnreadable,
      new Origins(OWN),
    );
    this.guard = new Guard({ organizations: this.organizations, sessions: this.replica.sessions });
  }

  organization(name = "acme"): Organization {
    const found = this.replica.organizations.get(`acme/${name}`);
    if (!found) throw new Error(`there is no ${name}`);
    return found;
  }

  /** An account, known to everything. */
  person(name: string, role?: "viewer" | "admin", changes: Partial<User> = {}): User {
    const group = { viewer: "view", admin: "ops" }[role ?? "viewer"];
    const grants = role ? [{ role, mapping: `${role}s`, group }] : [];
    this.#scene.put(name, {
      groups: role ? [{ name: group }] : [],
      access: { active: true, grants, groups: [group], reason: "MappedGroup", message: "" },
      ...changes,
    });
    const made = this.#scene.users.get(`acme/${name}`);
    if (!made) throw new Error(`there is no ${name}`);
    this.replica.users.set(made.ref, made);
    return made;
  }

  /** The cookies of a browser in which these people have signed in, one after the other. */
  signedIn(...users: readonly User[]): string {
    const jar = new Jar();
    for (const user of users) {
      const organization = this.replica.organizations.get(user.organization);
      if (organization) jar.store(this.replica.sessions.start(jar.header, user, organization));
      this.replica.now += 1_000;
    }
    return jar.header ?? "";
  }

  /** Serves what the test mounts. @returns where */
  async listen(t: ExecutionContext, mount: (app: Express) => void): Promise<string> {
    const app = express();
    app.set("query parser", "simple");
    mount(app);
    app.use(((error, req, res, _next) => {
      if (res.headersSent) t.fail(`it failed after it had answered: ${error}`);
      else sendProblem(req, res, problemOf(error, undefined, undefined));
    }) as express.ErrorRequestHandler);
    const server = await serve(app, { port: 0, host: "127.0.0.1" });
    t.teardown(() => server.close(0));
    return `http://127.0.0.1:${server.port}`;
  }

  /** The same, asked as a person's browser does. */
  async serve(t: ExecutionContext, mount: (app: Express) => void) {
    const url = await this.listen(t, mount);
    return async (path: string, { cookie, headers, form }: Asking = {}) => {
      const browser = new Browser(url);
      const sent = { ...(cookie === undefined ? {} : { cookie }), ...headers };
      const answer = await (form ? browser.post(path, form, sent) : browser.get(path, sent));
      const { location, "set-cookie": set = [] } = answer.headers;
      return { ...answer, location, setCookies: [set].flat() };
    };
  }
}

interface Asking {
  readonly cookie?: string;
  readonly headers?: Record<string, string>;
  /** What is sent with it; then it is a POST. */
  readonly form?: Record<string, string>;
}

/** The headline of a page. */
export function headline({ body }: { body: string }): string | undefined {
  return /<h1[^>]*>([^<]*)<\/h1>/.exec(body)?.[1];
}
