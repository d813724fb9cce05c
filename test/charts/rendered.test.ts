import { readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import test from "ava";
import { leaves } from "../../dev/generate/chart/readme.ts";
import { readValues } from "../../dev/generate/chart/values.ts";
import { createTestCluster, type TestCluster } from "../cluster.ts";
import { ACME, ADMINS, type Case, cases, KINDS_KNOWN } from "./cases.ts";
import { foreignCrds } from "./foreign-crds.ts";
import { at, CHART, find, helmBuilt, type Manifest, render, type Values } from "./helm.ts";

let release: TestCluster;
let other: TestCluster;

test.before(helmBuilt);
test.before(async () => {
  [release, other] = await Promise.all([createTestCluster(), createTestCluster()]);
});
test.after.always(() => Promise.all([release?.remove(), other?.remove()]));

/** Values in values: what is inside `over` counts. */
function merged(under: Values, over: Values): Values {
  const result: Values = { ...under };
  for (const [name, value] of Object.entries(over)) {
    const [before, after] = [result[name], value];
    result[name] = isValues(before) && isValues(after) ? merged(before, after) : after;
  }
  return result;
}

function isValues(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A case's values with one more on top. CRDs are long to read, so they are only there where they are looked at. */
function valuesOf({ value, to, with: others = {} }: Case): Values {
  const crds = value.startsWith("crds.") ? {} : { crds: { install: false } };
  return merged(merged(crds, others), set(value, to));
}

function set(path: string, to: unknown): Values {
  const [name = "", ...rest] = path.split(".");
  return { [name]: rest.length === 0 ? to : set(rest.join("."), to) };
}

test("there is a case for every value, and none for a value that isn't there", (t) => {
  const values = readValues(readFileSync(`${CHART}/values.yaml`, "utf8")).flatMap(leaves);
  const told = new Set(cases("other").map(({ value }) => value));
  t.deepEqual([...told].sort(), values.map(({ path }) => path).sort());
});

for (const example of cases("other")) {
  const { value, to, with: others, kind, name, at: path, is, has, gone } = example;
  const title = `${value} = ${JSON.stringify(to).slice(0, 60)}: ${gone ? "no " : ""}${kind} ${path ?? ""}`;
  test(`${title}${others ? `, with ${JSON.stringify(others)}` : ""}`, async (t) => {
    const objects = await render(valuesOf(example), { args: KINDS_KNOWN });
    if (gone) {
      t.true((await render(others ?? {}, { args: KINDS_KNOWN })).some((object) => isThe(object, kind, name)));
      t.false(objects.some((object) => isThe(object, kind, name)));
      return;
    }
    const found = at(find(objects, kind, name), path ?? "");
    if (has === undefined) t.deepEqual(found, is);
    else
      t.true(
        Array.isArray(found) && found.some((entry) => isDeepStrictEqual(entry, has)),
        JSON.stringify(found),
      );
  });
}

function isThe(object: Manifest, kind: string, name: string | undefined): boolean {
  return object.kind === kind && (name ?? object.metadata.name) === object.metadata.name;
}

test("the API server accepts every object that any of these values makes", async (t) => {
  const crds = await foreignCrds();
  await release.kubectlWith(crds, "apply", "--server-side", "--force-conflicts", "-f", "-");
  const kinds = [
    "httproutes.gateway.networking.k8s.io",
    "podmonitors.monitoring.coreos.com",
    "servicemonitors.monitoring.coreos.com",
    "prometheusrules.monitoring.coreos.com",
  ];
  await release.kubectl("wait", "--for=condition=Established", ...kinds.map((kind) => `crd/${kind}`));
  // No controller makes it here, and a pod needs one.
  await release.kubectl("create", "serviceaccount", "default");

  const objects = new Map<string, Manifest>();
  const options = { namespace: release.namespace, args: KINDS_KNOWN };
  for (const example of cases(other.namespace)) {
    const values = merged({ organizations: [ACME], mappings: [ADMINS] }, valuesOf(example));
    for (const object of await render(values, options)) objects.set(JSON.stringify(object), object);
  }
  t.true(objects.size > 100);
  const list = { apiVersion: "v1", kind: "List", items: [...objects.values()] };
  const dryRun = ["apply", "--server-side", "--dry-run=server", "--force-conflicts", "--validate=strict"];
  const { stderr } = await release.kubectlWith(list, ...dryRun, "--output=name", "-f", "-");
  t.is(stderr, "", "and there is nothing to warn of");
});

test("the pods meet the restricted Pod Security Standard, the test's as well", async (t) => {
  await other.kubectl("label", "namespace", other.namespace, "pod-security.kubernetes.io/enforce=restricted");
  const objects = await render({}, { namespace: other.namespace });
  for (const name of ["default", "okta-role-operator"]) await other.kubectl("create", "serviceaccount", name);
  const template = at(find(objects, "Deployment"), "spec.template");
  if (!isValues(template)) return t.fail("the Deployment has no template");
  const metadata = { ...(isValues(template.metadata) ? template.metadata : {}), name: "pod" };
  for (const pod of [{ apiVersion: "v1", kind: "Pod", ...template, metadata }, find(objects, "Pod")]) {
    await t.notThrowsAsync(other.kubectlWith(pod, "create", "--dry-run=server", "-f", "-"));
  }
  const privileged = {
    ...template,
    apiVersion: "v1",
    kind: "Pod",
    metadata,
    spec: { containers: [{ name: "x", image: "x" }] },
  };
  t.regex(
    (await other.tryKubectl(["create", "--dry-run=server", "-f", "-"], privileged)).stderr,
    /restricted/,
  );
});
