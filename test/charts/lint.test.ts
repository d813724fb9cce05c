import { readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { ACME, KINDS_KNOWN } from "./cases.ts";
import { at, CHART, find, helm, helmBuilt, manifestsIn, REQUIRED, render, template } from "./helm.ts";

test.before(helmBuilt);

test("helm lint --strict finds nothing", async (t) => {
  const { code, stdout } = await helm(["lint", "--strict", CHART, "--values", "-"], { values: REQUIRED });
  t.is(code, 0, stdout);
  t.notRegex(stdout, /\[(WARNING|ERROR)\]/);
});

test("without a base URL the chart says what is missing", async (t) => {
  const { code, stderr } = await template({ baseURL: "" });
  t.not(code, 0);
  t.regex(stderr, /baseURL is required: .* --set baseURL=https:\/\/login\.example\.com/);
});

test("the chart, the application and package.json have one version", async (t) => {
  const chart = parse(await readFile(`${CHART}/Chart.yaml`, "utf8"));
  const { version } = JSON.parse(await readFile(`${CHART}/../../package.json`, "utf8"));
  t.like(chart, { version, appVersion: version });
});

test("every object names its namespace, or has none to name", async (t) => {
  const cluster =
    /^(ClusterRole|ClusterRoleBinding|CustomResourceDefinition|ValidatingAdmissionPolicy(Binding)?)$/;
  for (const { kind, metadata } of await render({}))
    t.is(metadata.namespace, cluster.test(kind) ? undefined : "access", `${kind} ${metadata.name}`);
});

test("two releases of one name in two namespaces share no object outside them", async (t) => {
  const names = async (namespace: string): Promise<string[]> => {
    const objects = await render(
      { crds: { install: false }, admissionPolicy: { install: false } },
      { namespace },
    );
    return objects
      .filter(({ metadata }) => !metadata.namespace)
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  };
  const [one, two] = await Promise.all([names("one"), names("two")]);
  t.true(one.length > 0);
  t.deepEqual(
    one.filter((name) => two.includes(name)),
    [],
  );
});

test("the pods run the image's own command line, which has the flags for Node's heap", async (t) => {
  const containers = at(find(await render({}), "Deployment"), "spec.template.spec.containers");
  if (!Array.isArray(containers)) throw new Error("the Deployment has no containers");
  t.is(containers.length, 2);
  for (const container of containers) {
    t.is(at(container, "command"), undefined);
    t.is(at(container, "args[0]"), `${at(container, "name")}.js`);
  }
});

test("an operator that isn't ready takes no webhook in its pod away from people, and stops an update all the same", async (t) => {
  const container = async (deployment: string, name: string): Promise<unknown> =>
    at(
      find(await render({ webhook: { deployment } }), "Deployment", name),
      "spec.template.spec.containers[operator]",
    );
  const beside = await container("sidecar", "okta-role-operator");
  t.is(at(beside, "readinessProbe"), undefined);
  t.is(at(beside, "startupProbe.httpGet.path"), "/readyz");
  t.is(at(beside, "livenessProbe.httpGet.path"), "/livez");
  const alone = await container("separate", "okta-role-operator-operator");
  t.is(at(alone, "readinessProbe.httpGet.path"), "/readyz");
});

test("in both forms the Service finds the pods of the same Deployment, so that one form becomes the other by a rolling update", async (t) => {
  for (const deployment of ["sidecar", "separate"]) {
    const objects = await render({ webhook: { deployment } });
    const serving = find(objects, "Deployment", "okta-role-operator");
    // What the chart 0.1.0 has: it can't be changed.
    const selector = {
      "app.kubernetes.io/name": "okta-role-operator",
      "app.kubernetes.io/instance": "okta-role-operator",
      "app.kubernetes.io/component": "operator",
    };
    t.deepEqual(at(serving, "spec.selector.matchLabels"), selector);
    t.deepEqual(at(find(objects, "Service", "okta-role-operator"), "spec.selector"), selector);
    t.truthy(at(serving, "spec.template.spec.containers[webhook]"));
  }
});

test("objects of the values go where somebody looks at them", async (t) => {
  const namespaceOf = async (watchNamespaces: string[], namespace?: string) => {
    const acme = namespace === undefined ? ACME : { ...ACME, namespace };
    const { code, stdout, stderr } = await template(
      { watchNamespaces, organizations: [acme] },
      { args: KINDS_KNOWN },
    );
    return code === 0 ? find(manifestsIn(stdout), "Organization").metadata.namespace : stderr;
  };
  t.is(await namespaceOf([]), "access", "the release's");
  t.is(await namespaceOf(["access", "team-a"]), "access");
  t.is(await namespaceOf(["team-a"]), "team-a", "the only one that is served");
  t.is(await namespaceOf(["team-a", "team-b"], "team-b"), "team-b");
  t.is(await namespaceOf(["*"], "anywhere"), "anywhere");
  t.regex(
    String(await namespaceOf(["team-a"], "team-b")),
    /Organization acme: its namespace team-b isn't among/,
  );
  t.regex(String(await namespaceOf(["team-a", "team-b"])), /Organization acme: give it a namespace/);
});

test("pods reach DNS at the port of the Service and at that of OpenShift's pods", async (t) => {
  const ports = at(find(await render({}), "NetworkPolicy"), "spec.egress[0].ports");
  t.deepEqual(
    ports,
    [53, 5353].flatMap((port) => ["UDP", "TCP"].map((protocol) => ({ port, protocol }))),
  );
});

test("two releases in one namespace don't elect one leader between them", async (t) => {
  for (const [release, name] of [
    ["one", "one-okta-role-operator"],
    ["okta-role-operator", "okta-role-operator"],
  ] as const) {
    const objects = await render({}, { release });
    const args = at(find(objects, "Deployment"), "spec.template.spec.containers[operator].args");
    t.true(Array.isArray(args) && args.includes(`--lease=${name}`));
    const rules = at(find(objects, "Role"), "rules");
    if (!Array.isArray(rules)) throw new Error("the Role has no rules");
    const leases = rules.filter((rule) => at(rule, "resources[0]") === "leases" && at(rule, "resourceNames"));
    t.deepEqual(
      leases.flatMap((rule) => at(rule, "resourceNames")),
      [name],
    );
  }
});

test("the same values render the same text", async (t) => {
  const [one, two] = await Promise.all([template({}), template({})]);
  t.is(one.stdout, two.stdout);
  t.true(manifestsIn(one.stdout).length > 10);
});

test("names that YAML would take for numbers stay text", async (t) => {
  const objects = await render(
    { serviceAccount: { name: "1e3" }, nameOverride: "0x10" },
    { release: "123", namespace: "456" },
  );
  for (const { kind, metadata } of objects) if (metadata.namespace) t.is(metadata.namespace, "456", kind);
  t.true(objects.some(({ metadata }) => metadata.name === "1e3"));
});
