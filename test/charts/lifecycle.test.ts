/** The chart as a release, on a control plane of its own: it brings, changes and removes what the others share. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../../dev/control-plane/control-plane.ts";
import { type KubectlResult, runKubectl } from "../../dev/control-plane/kubectl.ts";
import { waitFor } from "../wait-for.ts";
import { ACME, ADMINS } from "./cases.ts";
import { CHART, type HelmResult, helm, helmBuilt, REQUIRED, type Values } from "./helm.ts";

const NAMESPACE = "access";
const VALUES = { ...REQUIRED, secretNames: ["acme-okta"] };
const KINDS = "organizations,oktarolemappings,organizationusers,oktahints";
const FIRST = { organizations: [ACME], mappings: [ADMINS] };

let controlPlane: ControlPlane;

test.before(helmBuilt);
test.before(async () => {
  controlPlane = await startControlPlane();
});
test.after.always(() => controlPlane?.stop());

function release(command: string, values: Values | undefined, ...args: string[]): Promise<HelmResult> {
  const env = { KUBECONFIG: controlPlane.kubeconfig };
  const from = values === undefined ? [] : ["--values", "-"];
  return helm([command, "okta-role-operator", ...args, "--namespace", NAMESPACE, ...from], {
    env,
    ...(values === undefined ? {} : { values }),
  });
}

function kubectl(...args: string[]): Promise<KubectlResult> {
  return runKubectl(controlPlane, args);
}

async function apply(object: object, ...args: string[]): Promise<KubectlResult> {
  const all = ["apply", "--server-side", "--validate=false", "--namespace", NAMESPACE, "-f", "-", ...args];
  return runKubectl(controlPlane, all, stringify(object));
}

async function succeeds(t: ExecutionContext, running: Promise<HelmResult | KubectlResult>): Promise<string> {
  const { code, stdout, stderr } = await running;
  t.is(code, 0, stderr);
  return stdout;
}

const ADA = {
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OrganizationUser",
  metadata: { name: "acme-ada" },
  spec: {
    organizationRef: { name: "acme" },
    source: "Okta",
    email: "ada@acme.example",
    name: "Ada",
    issuer: "https://acme.okta.com",
    subject: "00u1",
    groups: [{ name: "admins" }],
    groupsFrom: "Claim",
  },
};

// One after the other: each is a chapter in the life of one release.

test.serial("install: the notes say where people sign in and what to do next", async (t) => {
  const notes = await succeeds(t, release("install", { ...VALUES, ...FIRST }, CHART, "--create-namespace"));
  t.regex(notes, /https:\/\/login\.example\.com\/login\/acme {2}\(Acme\)/);
  t.regex(notes, /helm upgrade okta-role-operator .*--reuse-values/, "what waits for the kinds is told");
  t.regex(notes, /kubectl get rolemapping --namespace access/);
  t.regex(notes, /helm test okta-role-operator --namespace access/);
  t.notRegex(notes, /secretNames is empty/);
  await succeeds(
    t,
    kubectl("wait", "--for=condition=Established", "--timeout=60s", "crd/organizations.rolemapping.dev"),
  );
  // What the API server tells of the kinds that it has follows later, and Helm asks for that.
  await waitFor(async () => (await kubectl("get", KINDS, "--namespace", NAMESPACE)).code === 0 || undefined, {
    what: "the kinds to be served",
  });
});

test.serial("the second time, the organizations and mappings of the values are there", async (t) => {
  const notes = await succeeds(t, release("upgrade", { ...VALUES, ...FIRST }, CHART));
  t.notRegex(notes, /helm upgrade okta-role-operator/);
  const names = await succeeds(t, kubectl("get", "rolemapping", "--namespace", NAMESPACE, "--output=name"));
  t.deepEqual(names.trim().split("\n").sort(), [
    "oktarolemapping.rolemapping.dev/admins",
    "organization.rolemapping.dev/acme",
  ]);
});

test.serial("without Secrets to read, the notes say so", async (t) => {
  const notes = await succeeds(t, release("upgrade", REQUIRED, CHART, "--dry-run=server"));
  t.regex(notes, /secretNames is empty, so no organization can read its client secret/);
});

test.serial(
  "nothing differs afterwards from what the chart says, and upgrading again changes nothing",
  async (t) => {
    const manifest = await succeeds(
      t,
      helm(["get", "manifest", "okta-role-operator", "--namespace", NAMESPACE], {
        env: { KUBECONFIG: controlPlane.kubeconfig },
      }),
    );
    const diff = await runKubectl(
      controlPlane,
      ["diff", "--server-side", "--force-conflicts", "-f", "-"],
      manifest,
    );
    t.is(diff.code, 0, diff.stdout);

    const versions = async () => {
      const template = '{range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}';
      const kinds =
        "deployments,services,roles,networkpolicies,clusterroles,crds,validatingadmissionpolicies,organizations";
      const all = await kubectl(
        "get",
        kinds,
        "--all-namespaces",
        "--selector",
        "app.kubernetes.io/managed-by=Helm",
        "--output",
        `jsonpath=${template}`,
      );
      return all.stdout.trim().split("\n");
    };
    // Where no operator has written a status yet, the default that the API server reads it as is stored with the next
    // write, whosever it is: once.
    await succeeds(t, release("upgrade", { ...VALUES, ...FIRST }, CHART));
    const before = await versions();
    t.true(before.length > 8);
    await succeeds(t, release("upgrade", { ...VALUES, ...FIRST }, CHART));
    t.deepEqual(await versions(), before);
  },
);

test.serial(
  "the policy is in force: nobody but the release's own account writes users of Okta",
  async (t) => {
    const refused = await waitFor(
      async () => {
        const result = await apply(ADA, "--dry-run=server");
        return result.code === 0 ? undefined : result;
      },
      { what: "the policy to be in force" },
    );
    t.regex(refused.stderr, /membership is managed in Okta/);
    const as = (account: string) => `--as=system:serviceaccount:${account}`;
    const create = (account: string) =>
      runKubectl(
        controlPlane,
        ["create", "--validate=false", "--namespace", NAMESPACE, "-f", "-", as(account)],
        stringify(ADA),
      );
    await succeeds(t, create("access:okta-role-operator"));

    // What crds/admission-policy.yaml allows in each namespace would not do where several are served.
    const elsewhere = ["create", "namespace", "team-b"];
    await succeeds(t, kubectl(...elsewhere));
    await succeeds(
      t,
      kubectl(
        "create",
        "clusterrolebinding",
        "everybody",
        "--clusterrole=cluster-admin",
        "--serviceaccount=team-b:okta-role-operator",
      ),
    );
    const impostor = await runKubectl(
      controlPlane,
      ["create", "--validate=false", "--namespace=team-b", "-f", "-", as("team-b:okta-role-operator")],
      stringify(ADA),
    );
    t.regex(impostor.stderr, /membership is managed in Okta/);
  },
);

test.serial("with replicas: null, a number that somebody else has set survives an upgrade", async (t) => {
  const handedOver = { ...VALUES, ...FIRST, replicas: null };
  const deployment = ["deployment", "okta-role-operator", "--namespace", NAMESPACE];
  await succeeds(t, kubectl("scale", ...deployment, "--replicas=3"));
  await succeeds(t, release("upgrade", handedOver, CHART));
  const number = await succeeds(t, kubectl("get", ...deployment, "--output=jsonpath={.spec.replicas}"));
  t.is(number, "3");
  await succeeds(t, release("upgrade", { ...VALUES, ...FIRST }, CHART, "--force-conflicts"));
});

test.serial("upgrade: the CRDs follow the chart", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "chart-"));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await cp(CHART, folder, { recursive: true });
  const file = join(folder, "files/crds/organization.yaml");
  await writeFile(
    file,
    (await readFile(file, "utf8")).replace("shortNames: [oktaorg]", "shortNames: [oktaorg, oo]"),
  );
  await succeeds(t, release("upgrade", { ...VALUES, ...FIRST }, folder));
  const names = await succeeds(
    t,
    kubectl("get", "crd", "organizations.rolemapping.dev", "--output=jsonpath={.spec.names.shortNames}"),
  );
  t.is(names, '["oktaorg","oo"]');
});

test.serial("a mapping that is taken out of the values goes, so that nobody keeps its roles", async (t) => {
  await succeeds(t, release("upgrade", { ...VALUES, organizations: [ACME] }, CHART));
  const names = await succeeds(
    t,
    kubectl("get", "organizations,orm", "--namespace", NAMESPACE, "--output=name"),
  );
  t.is(names.trim(), "organization.rolemapping.dev/acme");
});

test.serial("uninstall: the kinds, the users and what guards them stay; rights go", async (t) => {
  await succeeds(t, release("uninstall", undefined));
  const left = await succeeds(
    t,
    kubectl(
      "get",
      "crds,validatingadmissionpolicies,validatingadmissionpolicybindings",
      "--selector=app.kubernetes.io/part-of=okta-role-operator",
      "--output=name",
    ),
  );
  t.deepEqual(left.trim().split("\n").sort(), [
    "customresourcedefinition.apiextensions.k8s.io/oktahints.rolemapping.dev",
    "customresourcedefinition.apiextensions.k8s.io/oktarolemappings.rolemapping.dev",
    "customresourcedefinition.apiextensions.k8s.io/organizations.rolemapping.dev",
    "customresourcedefinition.apiextensions.k8s.io/organizationusers.rolemapping.dev",
    "validatingadmissionpolicy.admissionregistration.k8s.io/organizationusers.rolemapping.dev",
    "validatingadmissionpolicybinding.admissionregistration.k8s.io/organizationusers.rolemapping.dev",
  ]);
  t.is(
    await succeeds(t, kubectl("get", "orguser", "--namespace", NAMESPACE, "--output=name")),
    "organizationuser.rolemapping.dev/acme-ada\n",
  );
  t.regex(
    (await apply({ ...ADA, spec: { ...ADA.spec, name: "Eve" } }, "--force-conflicts")).stderr,
    /membership is managed in Okta/,
  );
  const rights = kubectl(
    "get",
    "roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts,deployments",
    "--all-namespaces",
    "--selector=app.kubernetes.io/part-of=okta-role-operator",
    "--output=name",
  );
  t.is(await succeeds(t, rights), "");
});

test.serial("installing again takes over what stayed", async (t) => {
  const notes = await succeeds(t, release("install", { ...VALUES, ...FIRST }, CHART));
  t.notRegex(notes, /helm upgrade/, "the cluster knows the kinds, so nothing waits");
  await succeeds(
    t,
    kubectl("get", "organization/acme", "orm/admins", "orguser/acme-ada", "--namespace", NAMESPACE),
  );
});

test.serial("uninstall after crds.keep=false takes all of it away", async (t) => {
  await succeeds(t, release("upgrade", { ...VALUES, ...FIRST, crds: { keep: false } }, CHART));
  // Of a kind that nobody has read before, the API server may find that its storage is only being made, and looks again
  // after five minutes. An operator reads all of them, and so does a cluster's garbage collector: here are neither.
  await succeeds(t, kubectl("get", KINDS, "--namespace", NAMESPACE));
  await succeeds(t, release("uninstall", undefined));
  let left = "";
  await waitFor(
    async () => {
      left = await succeeds(t, kubectl("get", "crds,validatingadmissionpolicies", "--output=name"));
      return left === "" || undefined;
    },
    { what: "the CRDs to be gone" },
  ).catch(() => t.is(left, ""));
});
