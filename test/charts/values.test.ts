import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import test from "ava";
import { parse } from "yaml";
import { readValues, type Value } from "../../dev/generate/chart/values.ts";
import { CHART, helmBuilt, REQUIRED, template, type Values } from "./helm.ts";

test.before(helmBuilt);

const text = readFileSync(`${CHART}/values.yaml`, "utf8");
const schema = JSON.parse(readFileSync(`${CHART}/values.schema.json`, "utf8"));
const accepts = new Ajv({ strict: false }).compile(schema);

/** Values that differ from nothing in one place. */
function only(path: string, value: unknown): Values {
  return path
    .split(".")
    .reverse()
    .reduce<unknown>((inner, name) => ({ [name]: inner }), value) as Values;
}

function* walk(values: readonly Value[]): Generator<Value> {
  for (const value of values) {
    yield value;
    yield* walk(value.children);
  }
}

test("the defaults are what the schema accepts", (t) => {
  t.true(accepts(parse(text)), JSON.stringify(accepts.errors));
});

test("a typo is refused in every group of values", (t) => {
  t.false(accepts({ replicaCount: 3 }));
  // What is global belongs to other charts as well.
  const groups = [...walk(readValues(text))].filter(
    ({ children, path }) => children.length > 0 && path !== "global",
  );
  t.true(groups.length > 10);
  for (const { path } of groups) t.false(accepts(only(`${path}.tpyo`, true)), path);
});

test("a value of the wrong type is refused everywhere", (t) => {
  for (const { path, children } of walk(readValues(text)))
    t.false(accepts(only(path, children.length > 0 ? "text" : { wrong: [{}] })), path);
});

const organization = {
  name: "acme",
  spec: {
    displayName: "Acme",
    loginPath: "acme",
    okta: {
      issuer: "https://acme.okta.com",
      clientID: "0oa1",
      clientSecretRef: { name: "acme-okta", key: "secret" },
    },
    roles: [{ name: "admin", displayName: "Admin" }],
  },
};

test("an organization and a mapping are accepted as values, with the schema of their kinds", (t) => {
  const mapping = {
    name: "admins",
    spec: { organizationRef: { name: "acme" }, groups: [{ name: "a" }], roles: ["admin"] },
  };
  t.true(accepts({ organizations: [organization], mappings: [mapping] }), JSON.stringify(accepts.errors));
  const { okta, ...spec } = organization.spec;
  t.false(
    accepts({ organizations: [{ ...organization, spec: { ...spec, okta: { ...okta, clientId: "0oa1" } } }] }),
  );
  t.false(accepts({ organizations: [{ ...organization, spec }] }));
  t.false(accepts({ mappings: [{ ...mapping, spec: { ...mapping.spec, role: "admin" } }] }));
});

const REFUSED: [what: string, values: Values, says: RegExp][] = [
  ["a misspelt value", { replicaCount: 3 }, /additional properties 'replicaCount' not allowed/],
  ["a misspelt value in a group", { image: { repo: "x" } }, /additional properties 'repo' not allowed/],
  ["a misspelt field of a toleration", { tolerations: [{ efect: "NoSchedule" }] }, /'efect' not allowed/],
  ["a base URL with a path", { baseURL: "https://example.com/login" }, /baseURL.*does not match pattern/s],
  ["a base URL without TLS", { baseURL: "http://login.example.com" }, /baseURL.*does not match pattern/s],
  ["no replica count but text", { replicas: "three" }, /replicas.*want (null or integer|integer or null)/s],
  ["a log level that there isn't", { logLevel: "verbose" }, /logLevel.*must be one of/s],
  ["a digest that isn't one", { image: { digest: "latest" } }, /digest.*does not match pattern/s],
  [
    "an alert that there isn't",
    { metrics: { prometheusRule: { disabled: ["OktaRoleDown"] } } },
    /disabled.*must be one of/s,
  ],
  ["an organization without a spec", { organizations: [{ name: "acme" }] }, /missing property 'spec'/],
  [
    "an Okta host with a scheme",
    { okta: { hosts: ["https://acme.okta.com"] } },
    /hosts.*does not match pattern/s,
  ],
  ["a kind of address that there isn't", { okta: { addresses: ["any"] } }, /addresses.*must be one of/s],
  [
    "a namespace that is no name",
    { watchNamespaces: ["Team_A"] },
    /watchNamespaces.*does not match pattern/s,
  ],
];

for (const [what, values, says] of REFUSED) {
  test(`helm refuses ${what}, and says where`, async (t) => {
    const { code, stderr } = await template({ ...REQUIRED, ...values });
    t.not(code, 0);
    t.regex(stderr, says);
  });
}

const CONTRADICTIONS: [what: string, values: Values, says: RegExp][] = [
  ["all namespaces and some", { watchNamespaces: ["*", "team-a"] }, /"\*" means all namespaces/],
  [
    "two sources of certificates",
    { trustedCertificates: { configMapName: "a", secretName: "b" } },
    /not both/,
  ],
  [
    "one service account for two programs with different rights",
    {
      webhook: { deployment: "separate" },
      serviceAccount: { name: "a" },
      operator: { serviceAccountName: "a" },
    },
    /operator\.serviceAccountName: name another service account/,
  ],
  [
    "no service account, and none named",
    { serviceAccount: { create: false } },
    /serviceAccount\.name: name the account that the pods run as/,
  ],
  [
    "no service account, and the operator's not named",
    { serviceAccount: { create: false, name: "ours" }, webhook: { deployment: "separate" } },
    /operator\.serviceAccountName: name the account that the operator's pods run as/,
  ],
  [
    "a PodMonitor and a ServiceMonitor",
    { metrics: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    /metrics\.podMonitor: leave out metrics\.serviceMonitor/,
  ],
  [
    "fewer pods at the most than at the least",
    { autoscaling: { enabled: true, minReplicas: 5, maxReplicas: 3 } },
    /autoscaling\.maxReplicas: it has to be/,
  ],
  [
    "nothing to scale by",
    { autoscaling: { enabled: true, targetCPUUtilizationPercentage: 0 } },
    /autoscaling\.metrics: say what to scale by/,
  ],
  [
    "an HTTPRoute without a Gateway",
    { httpRoute: { enabled: true } },
    /httpRoute\.parentRefs: name the Gateway/,
  ],
];

for (const [what, values, says] of CONTRADICTIONS) {
  test(`values that can't go together are refused: ${what}`, async (t) => {
    const { code, stderr } = await template(values);
    t.not(code, 0);
    t.regex(stderr, says);
  });
}

test("it can be another chart's dependency: what Helm adds to the values then is accepted", (t) => {
  t.true(accepts({ global: { anything: [1] }, enabled: true }), JSON.stringify(accepts.errors));
});
