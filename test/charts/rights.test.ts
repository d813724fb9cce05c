import test from "ava";
import { z } from "zod";
import { apiRequest } from "../../dev/control-plane/api-request.ts";
import { createTestCluster, type TestCluster, waitFor } from "../cluster.ts";
import { helmBuilt, render, type Values } from "./helm.ts";

const ACCOUNT = "okta-role-operator";

/** How the chart can be installed, as far as rights go. */
const INSTALLATIONS = ["its own namespace", "a namespace that was named", "all namespaces"] as const;
type Installation = (typeof INSTALLATIONS)[number];

interface Installed {
  /** The release's namespace. */
  readonly own: TestCluster;
  /** A namespace that it serves (its own, in the first case). */
  readonly served: TestCluster;
  /** Another one; served as well only where all are. */
  readonly other: TestCluster;
  remove(): Promise<void>;
}

const installed = new Map<Installation, Installed>();

test.before(helmBuilt);
test.before(async () => {
  for (const installation of INSTALLATIONS) installed.set(installation, await install(installation));
});
test.after.always(async () => {
  for (const { remove } of installed.values()) await remove();
});

async function install(installation: Installation): Promise<Installed> {
  const [own, second, other] = await Promise.all([
    createTestCluster(),
    createTestCluster(),
    createTestCluster(),
  ]);
  const served = installation === "its own namespace" ? own : second;
  const watchNamespaces: Record<Installation, string[]> = {
    "its own namespace": [],
    "a namespace that was named": [served.namespace],
    "all namespaces": ["*"],
  };
  // The policy on users is in force on this control plane already, and belongs to all tests.
  const values: Values = {
    watchNamespaces: watchNamespaces[installation],
    secretNames: ["acme-okta"],
    crds: { install: false },
    admissionPolicy: { install: false },
  };
  const kinds = /^(ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding|ValidatingAdmission.*)$/;
  const items = (await render(values, { namespace: own.namespace })).filter(({ kind }) => kinds.test(kind));
  const list = { apiVersion: "v1", kind: "List", items };
  const { code, stderr } = await own.kubectlWith(list, "apply", "--server-side", "-f", "-");
  if (code !== 0) throw new Error(stderr);
  const outside = { ...list, items: items.filter(({ metadata }) => !metadata.namespace) };
  return {
    own,
    served,
    other,
    async remove() {
      await own.kubectlWith(outside, "delete", "--wait=false", "-f", "-");
      await Promise.all([own, second, other].map((cluster) => cluster.remove()));
    },
  };
}

function the(installation: Installation): Installed {
  const found = installed.get(installation);
  if (!found) throw new Error(`${installation} isn't installed`);
  return found;
}

const Review = z.object({
  status: z.object({
    resourceRules: z.array(
      z.object({
        verbs: z.array(z.string()),
        apiGroups: z.array(z.string()).default([]),
        resources: z.array(z.string()).default([]),
        resourceNames: z.array(z.string()).default([]),
      }),
    ),
  }),
});

/** All that an account may do in a namespace, one line for each verb and resource, without what everybody may. */
async function rights(cluster: TestCluster, namespace: string): Promise<string[]> {
  const [own, everybody] = await Promise.all(
    [`${namespace}:${ACCOUNT}`, `${namespace}:somebody-else`].map(async (account) => {
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace: cluster.namespace },
      };
      const as = `--as=system:serviceaccount:${account}`;
      const { code, stdout, stderr } = await cluster.kubectlWith(
        review,
        "create",
        as,
        "--validate=false",
        "--output=json",
        "-f",
        "-",
      );
      if (code !== 0) throw new Error(stderr);
      return lines(Review.parse(JSON.parse(stdout)).status.resourceRules);
    }),
  );
  return (own ?? []).filter((line) => !everybody?.includes(line));
}

function lines(rules: z.infer<typeof Review>["status"]["resourceRules"]): string[] {
  const all = rules.flatMap(({ verbs, apiGroups, resources, resourceNames }) =>
    verbs.flatMap((verb) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          (resourceNames.length > 0 ? resourceNames : [undefined]).map(
            (name) => `${verb} ${resource}${group ? `.${group}` : ""}${name ? ` ${name}` : ""}`,
          ),
        ),
      ),
    ),
  );
  return [...new Set(all)].sort();
}

const SERVES = [
  ...["organizations", "oktarolemappings", "organizationusers"].flatMap((kind) => [
    `list ${kind}.rolemapping.dev`,
    `watch ${kind}.rolemapping.dev`,
  ]),
  "get organizationusers.rolemapping.dev",
  "patch organizations/status.rolemapping.dev",
  "patch oktarolemappings/status.rolemapping.dev",
  "create organizationusers.rolemapping.dev",
  "update organizationusers.rolemapping.dev",
  "update organizationusers/status.rolemapping.dev",
  "get secrets acme-okta",
  "create events.events.k8s.io",
  "patch events.events.k8s.io",
];

const RUNS = [
  "create secrets",
  "get secrets okta-role-operator-session-keys",
  "update secrets okta-role-operator-session-keys",
  "create configmaps",
  "list configmaps okta-role-operator-login-paths",
  "watch configmaps okta-role-operator-login-paths",
  "update configmaps okta-role-operator-login-paths",
  "create leases.coordination.k8s.io",
  "get leases.coordination.k8s.io okta-role-operator",
  "update leases.coordination.k8s.io okta-role-operator",
  "create events.events.k8s.io",
  "patch events.events.k8s.io",
];

const EVERYWHERE = ["create tokenreviews.authentication.k8s.io"];

/** What the account may do: this, and nothing else. */
const MAY: Record<Installation, Record<"own" | "served" | "other", string[]>> = {
  "its own namespace": {
    own: [...SERVES, ...RUNS, ...EVERYWHERE],
    served: [...SERVES, ...RUNS, ...EVERYWHERE],
    other: EVERYWHERE,
  },
  "a namespace that was named": {
    own: [...RUNS, ...EVERYWHERE],
    served: [...SERVES, ...EVERYWHERE],
    other: EVERYWHERE,
  },
  "all namespaces": {
    own: [...SERVES, ...RUNS, ...EVERYWHERE],
    served: [...SERVES, ...EVERYWHERE],
    other: [...SERVES, ...EVERYWHERE],
  },
};

for (const installation of INSTALLATIONS) {
  for (const place of ["own", "served", "other"] as const) {
    test(`serving ${installation}: the account may do in ${place === "other" ? "another namespace" : `the ${place} one`} exactly what the chart grants`, async (t) => {
      const release = the(installation);
      const found = await rights(release[place], release.own.namespace);
      t.deepEqual(found, [...new Set(MAY[installation][place])].sort());
    });
  }
}

interface Attempt {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
  readonly name?: string;
}

/** What somebody who has taken the account over would try. */
const TEMPTATIONS: [what: string, attempts: Attempt[]][] = [
  [
    "read other Secrets",
    [
      { verb: "get", resource: "secrets", name: "somebody-elses" },
      { verb: "list", resource: "secrets" },
      { verb: "watch", resource: "secrets" },
    ],
  ],
  [
    "change or remove Secrets",
    [
      { verb: "update", resource: "secrets", name: "acme-okta" },
      { verb: "patch", resource: "secrets", name: "acme-okta" },
      { verb: "patch", resource: "secrets", name: "okta-role-operator-session-keys" },
      { verb: "delete", resource: "secrets", name: "okta-role-operator-session-keys" },
      { verb: "deletecollection", resource: "secrets" },
    ],
  ],
  [
    "change what people decide",
    [
      ...["organizations", "oktarolemappings"].flatMap((resource) =>
        ["create", "update", "patch", "delete"].map((verb) => ({ verb, group: "rolemapping.dev", resource })),
      ),
    ],
  ],
  [
    "make accounts disappear",
    [
      { verb: "delete", group: "rolemapping.dev", resource: "organizationusers" },
      { verb: "deletecollection", group: "rolemapping.dev", resource: "organizationusers" },
    ],
  ],
  [
    "run something",
    [
      { verb: "create", resource: "pods" },
      { verb: "create", resource: "pods", subresource: "exec" },
      { verb: "create", group: "apps", resource: "deployments" },
      { verb: "patch", group: "apps", resource: "deployments" },
      { verb: "create", group: "batch", resource: "jobs" },
      { verb: "create", group: "batch", resource: "cronjobs" },
    ],
  ],
  [
    "become somebody else",
    [
      { verb: "create", resource: "serviceaccounts", subresource: "token" },
      { verb: "create", resource: "serviceaccounts" },
      { verb: "impersonate", resource: "users" },
      { verb: "impersonate", resource: "groups" },
      { verb: "impersonate", resource: "serviceaccounts" },
      { verb: "create", group: "certificates.k8s.io", resource: "certificatesigningrequests" },
      { verb: "approve", group: "certificates.k8s.io", resource: "signers" },
    ],
  ],
  [
    "grant itself more",
    [
      ...["roles", "clusterroles"].flatMap((resource) =>
        ["create", "update", "patch", "bind", "escalate"].map((verb) => ({
          verb,
          group: "rbac.authorization.k8s.io",
          resource,
        })),
      ),
      ...["rolebindings", "clusterrolebindings"].flatMap((resource) =>
        ["create", "update", "patch"].map((verb) => ({ verb, group: "rbac.authorization.k8s.io", resource })),
      ),
    ],
  ],
  [
    "take the fences down",
    [
      ...[
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "mutatingwebhookconfigurations",
      ].flatMap((resource) =>
        ["create", "update", "delete"].map((verb) => ({
          verb,
          group: "admissionregistration.k8s.io",
          resource,
        })),
      ),
      { verb: "update", group: "apiextensions.k8s.io", resource: "customresourcedefinitions" },
      { verb: "delete", group: "networking.k8s.io", resource: "networkpolicies" },
    ],
  ],
  [
    "read what isn't its business",
    [
      { verb: "get", resource: "configmaps" },
      { verb: "list", resource: "configmaps" },
      { verb: "update", resource: "configmaps", name: "kube-root-ca.crt" },
      { verb: "list", resource: "pods" },
      { verb: "get", resource: "pods", subresource: "log" },
      { verb: "list", resource: "namespaces" },
      { verb: "list", resource: "nodes" },
      { verb: "list", group: "events.k8s.io", resource: "events" },
    ],
  ],
  [
    "take another program's lease",
    [
      { verb: "update", group: "coordination.k8s.io", resource: "leases", name: "somebody-elses" },
      { verb: "list", group: "coordination.k8s.io", resource: "leases" },
      { verb: "delete", group: "coordination.k8s.io", resource: "leases", name: "okta-role-operator" },
    ],
  ],
];

const Answer = z.object({ status: z.object({ allowed: z.boolean() }) });

async function mayIt(release: Installed, namespace: string | undefined, attempt: Attempt): Promise<boolean> {
  const account = `system:serviceaccount:${release.own.namespace}`;
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: `${account}:${ACCOUNT}`,
      groups: [
        "system:serviceaccounts",
        `system:serviceaccounts:${release.own.namespace}`,
        "system:authenticated",
      ],
      resourceAttributes: { namespace, ...attempt },
    },
  };
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  const answer = await apiRequest(release.own.controlPlane.admin, "POST", path, { body });
  return Answer.parse(JSON.parse(answer.body)).status.allowed;
}

for (const installation of INSTALLATIONS) {
  for (const [what, attempts] of TEMPTATIONS) {
    test(`serving ${installation}: the account can't ${what}, in no namespace`, async (t) => {
      const release = the(installation);
      const places = new Set([release.own, release.served, release.other].map(({ namespace }) => namespace));
      for (const namespace of [...places, "kube-system", undefined])
        for (const attempt of attempts)
          t.false(
            await mayIt(release, namespace, attempt),
            `${JSON.stringify(attempt)} in ${namespace ?? "the cluster"}`,
          );
    });
  }
}

test("RBAC lets the account make any Secret and ConfigMap; the policy lets it make one, so that it can't get itself a token", async (t) => {
  const { own } = the("its own namespace");
  const secret = (name: string, type: string, annotations = {}) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, annotations },
    type,
  });
  const as = `--as=system:serviceaccount:${own.namespace}:${ACCOUNT}`;
  const create = (object: object) =>
    own.kubectlWith(object, "create", as, "--validate=false", "--dry-run=server", "-f", "-");
  const token = secret("acme-okta", "kubernetes.io/service-account-token", {
    "kubernetes.io/service-account.name": ACCOUNT,
  });

  // A policy is in force a moment after it was made.
  const refused = await waitFor(
    async () => {
      const result = await create(token);
      return result.code === 0 ? undefined : result;
    },
    { what: "the policy to be in force" },
  );
  t.regex(refused.stderr, /makes one Secret only, okta-role-operator-session-keys/);
  t.not((await create(secret("another", "rolemapping.dev/session-keys"))).code, 0);
  t.not((await create(secret("okta-role-operator-session-keys", "Opaque"))).code, 0);
  const keys = await create(secret("okta-role-operator-session-keys", "rolemapping.dev/session-keys"));
  t.is(keys.code, 0, keys.stderr);
  const person = await own.kubectlWith(secret("another", "Opaque"), "create", "--dry-run=server", "-f", "-");
  t.is(person.code, 0, "others make what they like");

  const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
  t.regex((await create(configMap("another"))).stderr, /makes one ConfigMap only/);
  const paths = await create(configMap("okta-role-operator-login-paths"));
  t.is(paths.code, 0, paths.stderr);
});
