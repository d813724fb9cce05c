// The idea of Acto (SOSP '23): set each field to odd values and go back, and see whether the object is still well.
import { isDeepStrictEqual } from "node:util";
import test from "ava";
import { readCrds, type Schema, walk } from "../../dev/generate/crd.ts";
import { directory, isObject, localUser, type Manifest, mapping, oktaUser, organization } from "./objects.ts";
import { oddValues } from "./odd-values.ts";
import { giveEveryRight, productUser } from "./people.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace(giveEveryRight);
const crds = readCrds(new URL("../../crds/", import.meta.url));

const full: Manifest[] = [
  organization({
    "okta.scopes": ["openid", "groups"],
    "okta.claims": { groups: "groups", email: "email", name: "name" },
    "okta.directory": { ...directory, provision: "OnLogin", pollInterval: "30s", fullSyncInterval: "6h" },
    "okta.eventHook": {
      secretRef: { name: "acme-okta", key: "eventHookSecret" },
      previousSecretRef: { name: "acme-okta", key: "eventHookSecretBefore" },
    },
    roles: [
      { name: "service-admin", displayName: "Service Admin", description: "Manages services.", admin: false },
    ],
    sessions: { maxAge: "12h" },
    safeguards: { maxDeactivations: "20%" },
  }),
  mapping(),
  localUser({ name: "Mia Moreau", serviceAccountName: "mia" }),
  oktaUser({ name: "Ada Abel", oktaStatus: "ACTIVE", groups: [{ name: "service_admin", id: "00g1" }] }),
];

/** What can't be put back, by design: the tests of changes look at these. */
const forGood = new Set(["OrganizationUser Local source", "OrganizationUser Local organizationRef"]);

for (const manifest of full) {
  const { kind, metadata, spec } = manifest;
  const source = String(spec.source ?? "");
  test.serial(
    `odd values in ${[kind, source].join(" ").trim()} are refused by name, or do no harm`,
    async (t) => {
      const crd = crds.find((crd) => crd.kind === kind);
      const specSchema = crd?.schema.properties?.spec;
      if (!crd || !specSchema) throw new Error(`no schema of ${kind}`);
      const user = productUser(namespace);
      const created = await namespace.request(user, "POST", crd.plural, manifest);
      t.is(created.status, 201, created.message);
      let { resourceVersion } = created;
      const put = async (spec: object) => {
        const changed = { ...manifest, metadata: { ...metadata, resourceVersion }, spec };
        const answer = await namespace.request(user, "PUT", `${crd.plural}/${metadata.name}`, changed);
        resourceVersion = answer.resourceVersion ?? resourceVersion;
        return answer;
      };

      let tried = 0;
      for (const { field, schema } of fieldsOf(specSchema)) {
        if (forGood.has([kind, source, field].join(" "))) continue;
        for (const odd of oddValues(schema)) {
          const answer = await put(withField(spec, field.split("."), odd));
          const what = `${field}: ${JSON.stringify(odd)?.slice(0, 80)}`;
          t.true([200, 400, 422].includes(answer.status), `${what} made ${answer.status} ${answer.message}`);
          tried += 1;
          if (answer.status !== 200) {
            t.true(isNamed(field, answer.message), `${what} isn't named in: ${answer.message}`);
            continue;
          }
          const back = await put(spec);
          if (back.status !== 200 || !isDeepStrictEqual(back.spec, spec))
            t.fail(`${what} can't be put back: ${back.message}`);
        }
      }
      t.true(tried > 50);
    },
  );
}

/** The fields of a spec, by path; an entry of a list by 0, since every list in these manifests has a first entry. */
function fieldsOf(schema: Schema): { field: string; schema: Schema }[] {
  return [...walk(schema)]
    .filter(({ path }) => path !== "")
    .map(({ path, schema }) => ({ field: path.replaceAll("[]", ".0"), schema }));
}

/** A refusal is on the field itself or on what it is in, or a rule on the whole spec names it. */
function isNamed(field: string, message: string): boolean {
  const words = field.split(".").filter((word) => word !== "0");
  return message.includes(`spec.${words[0]}`) || message.includes(words.at(-1) ?? "");
}

/** A copy with one field replaced. */
function withField(
  parent: Record<string, unknown>,
  [name = "", ...rest]: string[],
  value: unknown,
): Record<string, unknown> {
  const child = parent[name];
  if (rest.length === 0) return { ...parent, [name]: value };
  if (Array.isArray(child))
    return { ...parent, [name]: [inside(child[0], rest.slice(1), value), ...child.slice(1)] };
  return { ...parent, [name]: inside(child, rest, value) };
}

function inside(child: unknown, path: string[], value: unknown): unknown {
  return path.length === 0 ? value : withField(isObject(child) ? child : {}, path, value);
}
