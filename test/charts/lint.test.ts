import { readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { CHART, helm, helmBuilt, manifestsIn, REQUIRED, render, template } from "./helm.ts";

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
