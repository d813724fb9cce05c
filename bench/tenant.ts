import { oktaRoleMappings, organizations, organizationUsers } from "../crds/resources.ts";
import type { OktaRoleMapping, Organization, OrganizationUser } from "../crds/types.ts";
import { CompiledPolicy, type Role, resolveAccess } from "../identity/index.ts";
import { newObject, statusWith } from "../identity/stores/kubernetes/user-object.ts";
import { type Client, ConflictError, keyOf, rfc3339, secrets } from "../kubernetes/index.ts";
import { cookieStyle } from "../webhook/sessions/cookies.ts";
import { KeyRing } from "../webhook/sessions/key-ring.ts";
import { SessionCookies } from "../webhook/sessions/session-cookies.ts";
import { newSessionID, signSession } from "../webhook/sessions/session-token.ts";
import { parseKeys } from "../webhook/sessions/stored-keys.ts";
import { inParallel } from "./in-parallel.ts";

/** The login path is the cluster's, so every tenant has its own; the organization in it is always called this. */
const ORGANIZATION = "acme";

/** The Secret that the webhook makes for itself. */
const SESSION_KEYS = "okta-role-operator-session-keys";

const ROLES: readonly Role[] = Array.from({ length: 10 }, (_, i) => ({
  name: `role-${i}`,
  displayName: `Role ${i}`,
  admin: i === 0,
}));

const ORGANIZATION_KIND = { apiVersion: "rolemapping.dev/v1alpha1", kind: "Organization" } as const;
const MAPPING_KIND = { apiVersion: "rolemapping.dev/v1alpha1", kind: "OktaRoleMapping" } as const;

/** Requests under way at once while objects are made. */
const WRITERS = 24;

export interface TenantOptions {
  readonly namespace: string;
  /** A kubeconfig of the product's service account there. */
  readonly kubeconfig: string;
  /** The cluster's admin. */
  readonly admin: Client;
  /** The product's service account: only it may make accounts that belong to Okta. */
  readonly product: Client;
  readonly issuer: string;
  readonly clientID: string;
  readonly clientSecret: string;
}

/** A namespace with the product's rights and an organization in it, to be filled with mappings and users. */
export class Tenant {
  readonly namespace: string;
  readonly kubeconfig: string;
  readonly #options: TenantOptions;
  #mappings = 0;
  #users = 0;
  #changes = 0;

  constructor(options: TenantOptions) {
    this.#options = options;
    this.namespace = options.namespace;
    this.kubeconfig = options.kubeconfig;
  }

  get mappings(): number {
    return this.#mappings;
  }

  get users(): number {
    return this.#users;
  }

  /** Counts changes, so that each differs from the one before. */
  nextChange(): number {
    return this.#changes++;
  }

  /** "namespace/name" */
  get organization(): string {
    return `${this.namespace}/${ORGANIZATION}`;
  }

  /** Where people sign in, relative to the webhook. */
  get loginPath(): string {
    return `/login/${this.namespace}`;
  }

  /** Makes the organization. It allows any number of deactivations: those are wanted here. */
  async createOrganization(): Promise<void> {
    const { admin, namespace, issuer, clientID, clientSecret } = this.#options;
    const data = { clientSecret: Buffer.from(clientSecret).toString("base64") };
    await admin.create(secrets, { metadata: { namespace, name: "okta" }, data });
    const spec: Organization["spec"] = {
      displayName: "Acme",
      loginPath: namespace,
      okta: {
        issuer,
        clientID,
        clientSecretRef: { name: "okta", key: "clientSecret" },
        scopes: ["openid", "profile", "email", "groups"],
        claims: { groups: "groups", email: "email", name: "name" },
      },
      roles: ROLES.map(({ name, displayName = name, admin: isAdmin = false }) => ({
        name,
        displayName,
        admin: isAdmin,
      })),
      sessions: { maxAge: "12h" },
      safeguards: { maxDeactivations: "100%" },
    };
    await admin.create(organizations, {
      ...ORGANIZATION_KIND,
      metadata: { namespace, name: ORGANIZATION },
      spec,
    });
  }

  /** One mapping: people in this group hold this role. */
  async createMapping(name: string, group: string, role: string): Promise<OktaRoleMapping> {
    const { admin, namespace } = this.#options;
    const spec = specOf([group], [role]);
    return admin.create(oktaRoleMappings, { ...MAPPING_KIND, metadata: { namespace, name }, spec });
  }

  /** Sees to it that there are so many mappings, each of two groups and one role. */
  async ensureMappings(count: number): Promise<void> {
    const { admin, namespace } = this.#options;
    await inParallel(range(this.#mappings, count), WRITERS, async (i) => {
      await admin.create(oktaRoleMappings, {
        ...MAPPING_KIND,
        metadata: { namespace, name: `m-${i}` },
        spec: mappingSpec(i),
      });
    });
    this.#mappings = Math.max(this.#mappings, count);
  }

  /**
   * Sees to it that there are so many active accounts, each with ten groups, three of which are mapped: written as
   * the webhook writes them, so that nothing is left to be decided about them.
   */
  async ensureUsers(count: number): Promise<void> {
    const policy = this.#policy();
    await inParallel(range(this.#users, count), WRITERS, (i) =>
      this.#createUser(person(i), groupsOfUser(i, this.#mappings), policy),
    );
    this.#users = Math.max(this.#users, count);
  }

  /** Accounts in one group alone, which one mapping names. */
  async createUsersIn(group: string, mapping: string, role: string, count: number): Promise<void> {
    const policy = new CompiledPolicy(ROLES, [{ name: mapping, groups: [{ name: group }], roles: [role] }]);
    for (let i = 0; i < count; i++) await this.#createUser(person(1_000_000 + i), [group], policy);
  }

  /** Makes it so that everybody who has an account was here an hour ago. */
  async setLoginsBack(): Promise<void> {
    const { product, namespace } = this.#options;
    const lastLoginTime = rfc3339(Date.now() - 3_600_000);
    for await (const { items } of product.pages(organizationUsers, { namespace }))
      await inParallel(items, WRITERS, (user) => this.#setLoginBack(user, lastLoginTime));
  }

  /** Accounts of these people, each in one group; made as if they had signed in. */
  async createMembers(
    people: readonly { readonly subject: string; readonly group: string }[],
    mappings: readonly { readonly name: string; readonly group: string; readonly role: string }[],
  ): Promise<void> {
    const policy = new CompiledPolicy(
      ROLES,
      mappings.map(({ name, group, role }) => ({ name, groups: [{ name: group }], roles: [role] })),
    );
    await inParallel(people, WRITERS, ({ subject, group }) =>
      this.#createUser({ subject, name: `Person ${subject}` }, [group], policy),
    );
  }

  /** Has Okta's directory followed, which tells of changes by an event hook with this secret. */
  async followDirectory(url: string, apiToken: string, hookSecret: string): Promise<void> {
    const { admin, namespace } = this.#options;
    const base64 = (text: string): string => Buffer.from(text).toString("base64");
    const data = { apiToken: base64(apiToken), hookSecret: base64(hookSecret) };
    await admin.create(secrets, { metadata: { namespace, name: "directory" }, data });
    await this.patchOrganization({
      spec: {
        okta: {
          directory: { url, apiTokenRef: { name: "directory", key: "apiToken" } },
          eventHook: { secretRef: { name: "directory", key: "hookSecret" } },
        },
      },
    });
  }

  /** As a merge patch. */
  async patchOrganization(patch: object): Promise<void> {
    const { admin, namespace } = this.#options;
    await admin.mergePatch(organizations, { namespace, name: ORGANIZATION }, patch);
  }

  /** Cookie headers of so many people who are signed in: their sessions are signed as the webhook signs them. */
  async sessions(baseURL: string, count: number): Promise<string[]> {
    const cookies: string[] = [];
    for await (const { cookie } of this.#sessions(baseURL)) if (cookies.push(cookie) === count) break;
    return cookies;
  }

  /** As `sessions`: of these people, by their subjects. */
  async sessionsOf(baseURL: string, subjects: ReadonlySet<string>): Promise<Map<string, string>> {
    const cookies = new Map<string, string>();
    for await (const { subject, cookie } of this.#sessions(baseURL))
      if (subjects.has(subject)) cookies.set(subject, cookie);
    return cookies;
  }

  async *#sessions(baseURL: string): AsyncGenerator<{ subject: string; cookie: string }> {
    const { admin, namespace } = this.#options;
    const { metadata } = await admin.get(organizations, { namespace, name: ORGANIZATION });
    const secret = await admin.get(secrets, { namespace, name: SESSION_KEYS });
    const [oldest, ...younger] = parseKeys(Buffer.from(secret.data?.keys ?? "", "base64").toString()).keys;
    if (!oldest) throw new Error("the webhook has made no keys of sessions");
    const issuedAt = Math.floor(Date.now() / 1000) * 1000;
    const key = new KeyRing([oldest, ...younger], 0).current(issuedAt);
    const organizationID = metadata.uid ?? "";
    const name = new SessionCookies(cookieStyle(baseURL)).nameOf(organizationID);
    for await (const { items } of admin.pages(organizationUsers, { namespace }))
      for (const user of items) {
        const session = {
          id: newSessionID(),
          user: keyOf(user),
          userID: user.metadata.uid ?? "",
          epoch: user.status?.sessionEpoch ?? 0,
          organizationID,
          issuedAt,
          expiresAt: issuedAt + 12 * 3_600_000,
        };
        yield { subject: user.spec.subject ?? "", cookie: `${name}=${signSession(session, key)}` };
      }
  }

  async #setLoginBack(user: OrganizationUser, lastLoginTime: string): Promise<void> {
    if (!user.status) return;
    const { product } = this.#options;
    const status = { ...user.status, lastLoginTime };
    try {
      await product.replace(organizationUsers, { ...user, status }, { subresource: "status" });
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      await this.#setLoginBack(await product.get(organizationUsers, keyOf(user)), lastLoginTime);
    }
  }

  #policy(): CompiledPolicy {
    const mappings = Array.from({ length: this.#mappings }, (_, i) => ({
      name: `m-${i}`,
      ...mappingSpec(i),
    }));
    return new CompiledPolicy(ROLES, mappings);
  }

  async #createUser(
    { subject, name }: { readonly subject: string; readonly name: string },
    groups: readonly string[],
    policy: CompiledPolicy,
  ): Promise<void> {
    const { product, issuer } = this.#options;
    const { organization } = this;
    const identity = {
      issuer,
      subject,
      email: `${subject}@acme.example`,
      emailVerified: true,
      name,
      groups: groups.map((name) => ({ name })),
      groupsFrom: "Claim" as const,
    };
    const access = resolveAccess(identity, policy);
    const signedInAt = Date.now();
    const object = await product.create(
      organizationUsers,
      newObject({ organization, identity, access, signedInAt }),
    );
    const signIns = [{ at: signedInAt, outcome: "Admitted" as const, reason: access.reason }];
    const status = statusWith(object, { access, signIns }, { before: undefined, now: signedInAt });
    if (!status) throw new Error("A new account has no status to write.");
    await product.replace(organizationUsers, { ...object, status }, { subresource: "status" });
  }
}

function specOf(groups: readonly string[], roles: readonly string[]): OktaRoleMapping["spec"] {
  return {
    organizationRef: { name: ORGANIZATION },
    groups: groups.map((name) => ({ name })),
    roles: [...roles],
  };
}

/** The i-th mapping: two groups that no other one names, and a role. */
function mappingSpec(i: number): OktaRoleMapping["spec"] {
  return specOf([`team-${i}`, `team-${i}-leads`], [`role-${i % ROLES.length}`]);
}

/** Three groups that are mapped, spread over all mappings, and seven that are not. */
function groupsOfUser(i: number, mappings: number): string[] {
  const mapped = [0, 1, 2].map((k) => `team-${(i + k * 3_331) % mappings}`);
  return [...mapped, ...Array.from({ length: 7 }, (_, k) => `list-${(i * 7 + k) % 500}`)];
}

function person(i: number): { subject: string; name: string } {
  return { subject: `person-${i}`, name: `Person ${i}` };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
