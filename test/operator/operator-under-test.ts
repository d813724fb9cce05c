import type { ExecutionContext } from "ava";
import { Registry } from "prom-client";
import { oktaRoleMappings, organizations, organizationUsers } from "../../crds/resources.ts";
import type { Condition, OktaRoleMapping, Organization, OrganizationUser } from "../../crds/types.ts";
import { type OktaStandIn, startOkta } from "../../dev/okta/index.ts";
import {
  CompiledPolicy,
  type Identity,
  resolveAccess,
  StaleUserError,
  type User,
} from "../../identity/index.ts";
import { KubernetesStore } from "../../identity/stores/kubernetes/kubernetes-store.ts";
import { type Client, createClient, EventRecorder } from "../../kubernetes/index.ts";
import type { Destinations } from "../../okta/http/destinations.ts";
import { Http } from "../../okta/http/http.ts";
import { Operator } from "../../operator/operator.ts";
import type { ReservationRules } from "../../operator/organizations/next-reservations.ts";
import { releaseName } from "../../organizations/keepers.ts";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import type { Patience } from "../../organizations/tenure.ts";
import { serveToo, type TestCluster, testCluster, waitFor } from "../cluster.ts";
import { usersCache } from "../identity/stores/kubernetes/users-cache.ts";
import { sample } from "../kubernetes/api-server.ts";
import { logLines } from "../log-lines.ts";
import { loginPathsIn } from "../login-paths.ts";
import { LOOPBACK } from "../okta/loopback.ts";

export const CLIENT_ID = "0oaTest";
export const CLIENT_SECRET = "the-right-secret";

/** An operator in this process, on a namespace of its own, under the chart's rights, with an Okta beside it. */
export interface UnderTest {
  readonly cluster: TestCluster;
  readonly okta: OktaStandIn;
  /** Acts as the product's service account. */
  readonly client: Client;
  /** What the webhook would write with. */
  readonly store: KubernetesStore;
  /** The operator's log lines, parsed. */
  readonly lines: Record<string, unknown>[];
  /** Those of the operator that runs now. */
  readonly metrics: () => Promise<string>;
  /** What the product's account has written here until now, by the plural of its kind. */
  readonly writes: (resource: string) => Promise<number>;
  /** Whether what the operator writes is let through: where it isn't, another one holds the lease. */
  readonly lease: { isHeld: boolean };
  start(): void;
  stop(): Promise<void>;
  /** Another one leads from now on: this one goes on watching. Resolves when what it was doing is done. */
  lose(): Promise<void>;
  leadAgain(): void;
  apply(...objects: object[]): Promise<void>;
  /** Edits the spec of the organization that `applyAcme` has applied. */
  editAcme(spec: object): Promise<void>;
  /** Applies an organization with this catalogue, its Secret, and mappings as {name: [groups, roles]}. */
  applyAcme(options?: {
    roles?: string[];
    mappings?: Record<string, [groups: string[], roles: string[]]>;
    spec?: object;
    okta?: object;
    clientSecret?: string;
  }): Promise<void>;
  organization(name?: string): Promise<Organization>;
  mapping(name: string): Promise<OktaRoleMapping>;
  user(ref: string): Promise<OrganizationUser>;
  /** Waits for a condition to have this status and reason. @returns it */
  condition(
    kind: "oktaorg" | "orm",
    name: string,
    type: string,
    status: string,
    reason?: string,
  ): Promise<Condition>;
  untilUser(ref: string, what: string, holds: (user: OrganizationUser) => boolean): Promise<OrganizationUser>;
  /** Somebody who has signed in: decided on by these mappings, as the webhook decides. */
  signedIn(subject: string, groups: string[], mappings?: Record<string, [string[], string[]]>): Promise<User>;
}

export interface OperatorTestOptions {
  autoStart?: boolean;
  destinations?: Destinations;
  /** How long Okta's answers are waited for, ms. */
  oktaTimeoutMs?: number;
  loginPaths?: Partial<ReservationRules>;
  /** Groups that Okta has had for an hour. */
  groups?: readonly string[];
  /** Pairs of a namespace and a beginning of login paths; may be added to until it starts. */
  prefixes?: readonly (readonly [string, string])[];
  /** Other namespaces. */
  alsoServes?: readonly TestCluster[];
  /** Another release in the namespace of this one. */
  beside?: UnderTest;
  baseURL?: string;
  /** With other releases. */
  patience?: Patience;
  /** Whether the webhook may have tokens reviewed. */
  tokenReviews?: boolean;
  /** Whether it hears of the cluster, instead of what it finds itself. */
  isCurrent?: () => boolean;
  /** What time it is by the API server; unless said, as it says. */
  serverTime?: () => number;
}

export async function operatorUnderTest(
  t: ExecutionContext,
  {
    autoStart = true,
    destinations = LOOPBACK,
    oktaTimeoutMs = 10_000,
    loginPaths = {},
    groups = [],
    prefixes = [],
    alsoServes = [],
    beside,
    baseURL = "http://localhost:8080",
    patience,
    tokenReviews,
    isCurrent,
    serverTime,
  }: OperatorTestOptions = {},
): Promise<UnderTest> {
  const cluster = beside?.cluster ?? (await testCluster(t));
  const { namespace } = cluster;
  const okta =
    beside?.okta ??
    (await startOkta({
      apps: [
        {
          clientId: CLIENT_ID,
          clientSecret: CLIENT_SECRET,
          redirectUris: ["http://localhost:8080/callback/acme"],
        },
      ],
      apiTokens: ["an-api-token"],
      groups: [...groups],
      seededAgoMs: 3_600_000,
    }));
  if (!beside) t.teardown(() => okta.stop());

  for (const other of alsoServes) await serveToo(other, namespace);
  const fullname = beside ? "another-release" : "okta-role-operator";
  if (beside) await mayReserve(cluster, `${fullname}-login-paths`);

  const { log, lines } = logLines();
  const requests = new Registry();
  let metrics = new Registry();
  const client = await createClient({
    kubeconfig: await cluster.serviceAccount(),
    userAgent: "test",
    metrics: requests,
    log,
  });
  // Looks at what the product has written, with the eyes of somebody who may see everything.
  const admin = await createClient({ kubeconfig: cluster.kubeconfig, userAgent: "test", log });
  const http = new Http({ destinations, timeoutMs: oktaTimeoutMs });
  const events = new EventRecorder({
    client,
    reportingController: "test/operator",
    reportingInstance: "one",
    log,
  });

  const watching = new AbortController();
  const users = usersCache(client, namespace, log);
  users.run(watching.signal);
  await users.synced;
  const store = new KubernetesStore({ client, cache: users, type: organizationUsers });

  const lease = { isHeld: true };
  const leader = client.guardedBy(() => lease.isHeld);
  if (serverTime) leader.serverTime = serverTime;
  let running: { operator: Operator; stop: AbortController; watching: Promise<void> } | undefined;
  let leading: { lost: AbortController; ended: Promise<void> } | undefined;
  const lead = (): void => {
    const lost = new AbortController();
    leading = running && { lost, ended: running.operator.lead(lost.signal) };
  };
  const endLeading = async (): Promise<void> => {
    leading?.lost.abort();
    await leading?.ended;
    leading = undefined;
  };
  const start = (): void => {
    metrics = new Registry();
    const operator = new Operator({
      client,
      leader,
      events,
      http,
      release: releaseName(namespace, fullname),
      namespaces: [namespace, ...alsoServes.map((other) => other.namespace)],
      loginPaths: {
        ...loginPathsIn(namespace, { prefixes: new LoginPathPrefixes(prefixes), ...loginPaths }),
        object: { namespace, name: `${fullname}-login-paths` },
      },
      baseURL,
      ...(patience ? { patience } : {}),
      ...(tokenReviews === undefined ? {} : { tokenReviews }),
      log,
      metrics,
    });
    if (isCurrent) operator.isCurrent = isCurrent;
    const stop = new AbortController();
    running = { operator, stop, watching: operator.watch(stop.signal) };
    lead();
  };
  const stop = async (): Promise<void> => {
    running?.stop.abort();
    await Promise.all([running?.watching, endLeading()]);
    running = undefined;
  };
  t.teardown(async () => {
    await stop();
    watching.abort();
    await events.flush();
    await http.close();
    await client.close();
    await admin.close();
  });
  if (autoStart) start();

  const get = {
    oktaorg: (name: string) => admin.get(organizations, { namespace, name }),
    orm: (name: string) => admin.get(oktaRoleMappings, { namespace, name }),
  };
  const underTest: UnderTest = {
    cluster,
    okta,
    client,
    store,
    lines,
    metrics: () => metrics.metrics(),
    writes: async (resource) => {
      let writes = 0;
      for (const verb of ["create", "update", "apply", "patch", "delete"])
        writes += await sample(requests, "kubernetes_client_requests_total", {
          verb,
          resource: `${resource}.rolemapping.dev`,
        });
      return writes;
    },
    lease,
    start,
    stop,
    lose: () => {
      lease.isHeld = false;
      return endLeading();
    },
    leadAgain: () => {
      lease.isHeld = true;
      lead();
    },
    apply: cluster.apply,
    editAcme: async (spec) => {
      const patch = JSON.stringify({ spec });
      await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", patch);
    },
    applyAcme: ({
      roles = ["service-admin", "portal-admin"],
      mappings = {},
      spec = {},
      okta: connection = {},
      clientSecret = CLIENT_SECRET,
    } = {}) =>
      cluster.apply(
        secret({ clientSecret, apiToken: "an-api-token" }),
        organizationObject("acme", {
          roles: roles.map((name) => ({ name, displayName: name })),
          ...spec,
          okta: {
            issuer: okta.issuer("default"),
            clientID: CLIENT_ID,
            clientSecretRef: { name: "acme-okta", key: "clientSecret" },
            ...connection,
          },
        }),
        ...Object.entries(mappings).map(([name, [groups, held]]) => mappingObject(name, groups, held)),
      ),
    organization: (name = "acme") => get.oktaorg(name),
    mapping: get.orm,
    user: (ref) => client.get(organizationUsers, ref),
    condition: (kind, name, type, status, reason) =>
      waitFor(
        async () => {
          const object = await get[kind](name);
          const found = object.status?.conditions?.find((condition) => condition.type === type);
          const current = found?.observedGeneration === object.metadata.generation;
          return current && found?.status === status && (reason === undefined || found.reason === reason)
            ? found
            : undefined;
        },
        { what: `${kind} ${name} to have ${type} ${status} ${reason ?? ""}` },
      ),
    untilUser: (ref, what, holds) =>
      waitFor(
        async () => {
          const user = await client.get(organizationUsers, ref);
          return holds(user) ? user : undefined;
        },
        { what: `${ref} ${what}` },
      ),
    signedIn: async (subject, groups, mappings = {}) => {
      const rules = Object.entries(mappings).map(([name, [mapped, roles]]) => ({
        name,
        groups: mapped.map((group) => ({ name: group })),
        roles,
      }));
      const catalogue = [...new Set(rules.flatMap(({ roles }) => roles))].map((name) => ({ name }));
      const received = groups.map((name) => ({ name }));
      const organization = `${namespace}/acme`;
      const identity = {
        issuer: okta.issuer("default"),
        subject,
        email: `${subject}@acme.example`,
        emailVerified: true,
        groups: received,
        groupsFrom: "Claim" as const,
      };
      const access = resolveAccess({ groups: received }, new CompiledPolicy(catalogue, rules));
      try {
        return await store.create({ organization, identity, access });
      } catch (error) {
        // Where a busy machine is long between the two writes, the operator makes the second, as for any sign-in.
        const finished =
          error instanceof StaleUserError ? await store.freshBySubject(organization, identity) : undefined;
        if (!finished) throw error;
        return finished;
      }
    },
  };
  return underTest;
}

/** Lets the product's account keep login paths in a second object. */
async function mayReserve(cluster: TestCluster, name: string): Promise<void> {
  const rbac = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name } };
  const verbs = ["list", "watch", "update"];
  const items = [
    {
      ...rbac,
      kind: "Role",
      rules: [{ apiGroups: [""], resources: ["configmaps"], resourceNames: [name], verbs }],
    },
    {
      ...rbac,
      kind: "RoleBinding",
      subjects: [{ kind: "ServiceAccount", name: "okta-role-operator", namespace: cluster.namespace }],
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
    },
  ];
  await cluster.apply(...items);
}

export function secret(values: Record<string, string>): object {
  return { apiVersion: "v1", kind: "Secret", metadata: { name: "acme-okta" }, stringData: values };
}

export function organizationObject(name: string, spec: object): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { name },
    spec: { displayName: name, loginPath: name, ...spec },
  };
}

export function mappingObject(
  name: string,
  groups: (string | { id: string })[],
  roles: string[],
  organization = "acme",
): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { name },
    spec: {
      organizationRef: { name: organization },
      groups: groups.map((group) => (typeof group === "string" ? { name: group } : group)),
      roles,
    },
  };
}

/** A local account that holds service-admin. */
export function localAdminObject(
  name: string,
  serviceAccount: object = { serviceAccountName: name },
): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { name },
    spec: {
      organizationRef: { name: "acme" },
      source: "Local",
      email: `${name}@acme.example`,
      roles: ["service-admin"],
      ...serviceAccount,
    },
  };
}

/** The roles of an account by name, each once. */
export function rolesOf(user: OrganizationUser): string[] {
  return user.status?.roleNames ?? [];
}

/** What a sign-in, or the directory, has stored of somebody whose groups these are now, and left to the operator. */
export async function nowIn(
  { store }: Pick<UnderTest, "store">,
  ref: string,
  groups: readonly string[],
  more: Partial<Identity> = {},
): Promise<void> {
  const user = await store.fresh(ref);
  if (!user) throw new Error(`no account ${ref}`);
  const { issuer = "", subject = "", email = "" } = user;
  const received = groups.map((name) => ({ name }));
  const identity: Identity = {
    issuer,
    subject,
    email,
    emailVerified: true,
    groups: received,
    groupsFrom: "Claim",
  };
  await store.update(user, { identity: { ...identity, ...more } });
}
