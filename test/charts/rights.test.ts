import test from "ava";
import { z } from "zod";
import { apiRequest } from "../../dev/control-plane/api-request.ts";
import { createTestCluster, type TestCluster, waitFor } from "../cluster.ts";
import { helmBuilt, render, type Values } from "./helm.ts";

const FORMS = ["sidecar", "separate"] as const;

/** Whose each service account is. Where the programs share a pod they share one. */
const ACCOUNTS: Record<(typeof FORMS)[number], Record<string, readonly Program[]>> = {
  sidecar: { "okta-role-operator": ["operator", "webhook"] },
  separate: { "okta-role-operator": ["webhook"], "okta-role-operator-operator": ["operator"] },
};
type Program = "operator" | "webhook";

/** What is served, as far as rights go. */
const SERVED = ["its own namespace", "a namespace that was named", "all namespaces"] as const;
type Served = (typeof SERVED)[number];

/** How the chart can be installed. */
const INSTALLATIONS = FORMS.flatMap((form) =>
  SERVED.map((what) => ({ form, what, title: `${form}, serving ${what}` })),
);
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

async function install({ form, what }: Installation): Promise<Installed> {
  const [own, second, other] = await Promise.all([
    createTestCluster(),
    createTestCluster(),
    createTestCluster(),
  ]);
  const served = what === "its own namespace" ? own : second;
  const watchNamespaces: Record<Served, string[]> = {
    "its own namespace": [],
    "a namespace that was named": [served.namespace],
    "all namespaces": ["*"],
  };
  // The policy on users is in force on this control plane already, and belongs to all tests.
  const values: Values = {
    watchNamespaces: watchNamespaces[what],
    webhook: { deployment: form },
    secretNames: ["acme-okta"],
    crds: { install: false },
    admissionPolicy: { install: false },
  };
  const kinds = /^(ServiceAccount|Role|RoleBinding|ClusterRole|ClusterRoleBinding|ValidatingAdmission.*)$/;
  const items = (await render(values, { namespace: own.namespace })).filter(({ kind }) => kinds.test(kind));
  const list = { apiVersion: "v1", kind: "List", items };
  await own.kubectlWith(list, "apply", "--server-side", "-f", "-");
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
  if (!found) throw new Error(`${installation.title} isn't installed`);
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
async function rights(cluster: TestCluster, namespace: string, name: string): Promise<string[]> {
  const [own, everybody] = await Promise.all(
    [`${namespace}:${name}`, `${namespace}:somebody-else`].map(async (account) => {
      const review = {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace: cluster.namespace },
      };
      const as = `--as=system:serviceaccount:${account}`;
      const { stdout } = await cluster.kubectlWith(
        review,
        "create",
        as,
        "--validate=false",
        "--output=json",
        "-f",
        "-",
      );
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

const EVENTS = ["create events.events.k8s.io", "patch events.events.k8s.io"];

/** What both programs may do in a namespace that they serve. */
const BOTH = [
  ...["organizations", "oktarolemappings", "organizationusers"].flatMap((kind) => [
    `list ${kind}.rolemapping.dev`,
    `watch ${kind}.rolemapping.dev`,
  ]),
  ...["organizationusers", "oktahints"].flatMap((kind) => [
    `get ${kind}.rolemapping.dev`,
    `create ${kind}.rolemapping.dev`,
    `update ${kind}.rolemapping.dev`,
  ]),
  "patch organizations/status.rolemapping.dev",
  "patch oktarolemappings/status.rolemapping.dev",
  "update organizationusers/status.rolemapping.dev",
  "get secrets acme-okta",
  ...EVENTS,
];

/** What each program may do in a namespace that it serves. */
const SERVES: Record<Program, string[]> = {
  operator: [...BOTH, "list oktahints.rolemapping.dev", "watch oktahints.rolemapping.dev"],
  webhook: BOTH,
};

/** What each may do in the release's own namespace. */
const RUNS: Record<Program, string[]> = {
  operator: [
    "create configmaps",
    "list configmaps okta-role-operator-login-paths",
    "watch configmaps okta-role-operator-login-paths",
    "update configmaps okta-role-operator-login-paths",
    "create leases.coordination.k8s.io",
    "get leases.coordination.k8s.io okta-role-operator",
    "update leases.coordination.k8s.io okta-role-operator",
  ],
  webhook: [
    "create secrets",
    "get secrets okta-role-operator-session-keys",
    "update secrets okta-role-operator-session-keys",
    "list configmaps okta-role-operator-login-paths",
    "watch configmaps okta-role-operator-login-paths",
  ],
};

/** What each may do everywhere. */
const EVERYWHERE: Record<Program, string[]> = {
  operator: [],
  webhook: ["create subjectaccessreviews.authorization.k8s.io", "create tokenreviews.authentication.k8s.io"],
};

/** What a program may do: this, and nothing else. */
function may(program: Program, what: Served, place: "own" | "served" | "other"): string[] {
  const serves = {
    own: what !== "a namespace that was named",
    served: true,
    other: what === "all namespaces",
  };
  const runs = place === "own" || (place === "served" && what === "its own namespace");
  return [...EVERYWHERE[program], ...(serves[place] ? SERVES[program] : []), ...(runs ? RUNS[program] : [])];
}

for (const installation of INSTALLATIONS) {
  for (const [account, programs] of Object.entries(ACCOUNTS[installation.form])) {
    for (const place of ["own", "served", "other"] as const) {
      test(`${installation.title}: the account ${account} may do in ${place === "other" ? "another namespace" : `the ${place} one`} exactly what the chart grants`, async (t) => {
        const release = the(installation);
        const found = await rights(release[place], release.own.namespace, account);
        const expected = programs.flatMap((program) => may(program, installation.what, place));
        t.deepEqual(found, [...new Set(expected)].sort());
      });
    }
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

async function mayIt(
  release: Installed,
  name: string,
  namespace: string | undefined,
  attempt: Attempt,
): Promise<boolean> {
  const account = `system:serviceaccount:${release.own.namespace}`;
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    spec: {
      user: `${account}:${name}`,
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
  for (const account of Object.keys(ACCOUNTS[installation.form])) {
    for (const [what, attempts] of TEMPTATIONS) {
      test(`${installation.title}: the account ${account} can't ${what}, in no namespace`, async (t) => {
        const release = the(installation);
        const places = new Set(
          [release.own, release.served, release.other].map(({ namespace }) => namespace),
        );
        for (const namespace of [...places, "kube-system", undefined])
          for (const attempt of attempts)
            t.false(
              await mayIt(release, account, namespace, attempt),
              `${JSON.stringify(attempt)} in ${namespace ?? "the cluster"}`,
            );
      });
    }
  }
}

for (const form of FORMS) {
  test(`${form}: RBAC lets an account make any Secret and ConfigMap; the policy lets it make one, so that it can't get itself a token`, async (t) => {
    const installation = INSTALLATIONS.find((one) => one.form === form && one.what === "its own namespace");
    if (!installation) throw new Error("there is no such installation");
    const { own } = the(installation);
    const secret = (name: string, type: string, annotations = {}) => ({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, annotations },
      type,
    });
    const accountOf = (program: Program): string | undefined =>
      Object.entries(ACCOUNTS[form]).find(([, programs]) => programs.includes(program))?.[0];
    const create = (program: Program, object: object) => {
      const as = `--as=system:serviceaccount:${own.namespace}:${accountOf(program)}`;
      return own.tryKubectl(["create", as, "--validate=false", "--dry-run=server", "-f", "-"], object);
    };
    const token = secret("acme-okta", "kubernetes.io/service-account-token", {
      "kubernetes.io/service-account.name": "okta-role-operator",
    });

    // A policy is in force a moment after it was made.
    const refusal = /makes one Secret only, okta-role-operator-session-keys/;
    await waitFor(async () => refusal.test((await create("webhook", token)).stderr) || undefined, {
      what: "the policy to be in force",
    });
    const type = "rolemapping.dev/session-keys";
    t.regex((await create("webhook", secret("another", type))).stderr, refusal);
    t.regex((await create("webhook", secret("okta-role-operator-session-keys", "Opaque"))).stderr, refusal);
    const keys = await create("webhook", secret("okta-role-operator-session-keys", type));
    t.is(keys.code, 0, keys.stderr);
    const person = own.kubectlWith(secret("another", "Opaque"), "create", "--dry-run=server", "-f", "-");
    await t.notThrowsAsync(person, "others make what they like");

    const configMap = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
    t.regex((await create("operator", configMap("another"))).stderr, /makes one ConfigMap only/);
    const paths = await create("operator", configMap("okta-role-operator-login-paths"));
    t.is(paths.code, 0, paths.stderr);
  });
}
