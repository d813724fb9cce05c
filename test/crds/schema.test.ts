import { fileURLToPath } from "node:url";
import test from "ava";
import { crdFiles, readCrds, walk } from "../../dev/generate/crd.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();
const folder = new URL("../../crds/", import.meta.url);
const crds = readCrds(folder);

/** The API server describes these itself, and doesn't let a CRD do it. */
const ofTheServer = (path: string) => path === "metadata";

for (const { kind, plural, schema } of crds) {
  const places = [...walk(schema)].filter(({ path }) => !ofTheServer(path));

  test(`every part of ${kind} is described`, (t) => {
    for (const { path, schema } of places) {
      const { description = "" } = schema;
      t.regex(description, /^[^\s].*\S{2,}[.]$/s, `${path}: "${description}" isn't a sentence`);
    }
  });

  test(`every list, string and number of ${kind} has bounds`, (t) => {
    for (const { path, schema } of places) {
      if (path === "apiVersion" || path === "kind") continue;
      if (schema.type === "array") {
        t.truthy(schema.maxItems, `${path} has no maxItems`);
        t.truthy(schema["x-kubernetes-list-type"], `${path} doesn't say how lists are merged`);
      }
      if (schema.type === "string" || schema["x-kubernetes-int-or-string"])
        t.true(schema.maxLength !== undefined || schema.enum !== undefined, `${path} has no maxLength`);
      if (schema.type === "integer") t.not(schema.minimum, undefined, `${path} has no minimum`);
      if (schema.type === "object")
        t.true(schema.properties !== undefined || path === "metadata", `${path} is open`);
    }
  });

  test(`every rule of ${kind} says what to do, in one sentence without a full stop`, (t) => {
    const messages = places.flatMap(({ path, schema }) =>
      (schema["x-kubernetes-validations"] ?? []).map(({ message }) => `${path}: ${message}`),
    );
    t.deepEqual(
      messages.filter((message) => !/: [^A-Z\s].{20,}[^.\s]$/s.test(message)),
      [],
    );
  });

  test.serial(`kubectl explain describes every field of ${kind}`, async (t) => {
    for (const { path, schema } of places) {
      const fields = Object.keys(schema.properties ?? {}).filter((name) => !ofTheServer(name));
      if (fields.length === 0) continue;
      const explained = await namespace.succeed([
        "explain",
        [plural, ...path.split(".")].filter(Boolean).join(".").replaceAll("[]", ""),
      ]);
      for (const name of fields) {
        // The name and its type, the values where they are few, then the description.
        t.regex(
          explained,
          new RegExp(`^  ${name}\t<[^\n]*\n(?:  enum: [^\n]*\n)?    \\S+ \\S`, "m"),
          `${path}.${name}`,
        );
      }
    }
  });
}

for (const file of [...crdFiles, "admission-policy.yaml"]) {
  test.serial(`the API server takes ${file} without a warning`, async (t) => {
    const path = fileURLToPath(new URL(file, folder));
    const { code, stderr } = await namespace.kubectl([
      "replace",
      "--dry-run=server",
      "--warnings-as-errors",
      "-f",
      path,
    ]);
    t.is(stderr, "");
    t.is(code, 0);
  });
}

test.serial("the API server finds nothing amiss with the CRDs", async (t) => {
  for (const { plural } of crds) {
    const { status } = JSON.parse(
      await namespace.succeed(["get", "crd", `${plural}.rolemapping.dev`, "-o", "json"]),
    );
    const conditions: { type: string; status: string }[] = status.conditions;
    t.deepEqual(conditions.map(({ type, status }) => `${type}=${status}`).sort(), [
      "Established=True",
      "NamesAccepted=True",
    ]);
  }
});
