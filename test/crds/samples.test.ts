import { readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import test from "ava";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();
const folder = new URL("../../crds/samples/", import.meta.url);

test.serial("every sample applies without a warning", async (t) => {
  for (const file of await readdir(folder)) {
    const path = fileURLToPath(new URL(file, folder));
    const { code, stdout, stderr } = await namespace.kubectl(["apply", "--warnings-as-errors", "-f", path]);
    t.is(code, 0, stderr);
    t.is(stderr, "");
    t.regex(stdout, / created/);
  }
});

test.serial("what samples leave out is filled in", async (t) => {
  const { spec } = JSON.parse(await namespace.succeed(["get", "oktaorg", "acme", "-o", "json"]));
  t.deepEqual(spec.okta.scopes, ["openid", "profile", "email", "groups"]);
  t.deepEqual(spec.okta.claims, { groups: "groups", email: "email", name: "name" });
  t.deepEqual(spec.sessions, { maxAge: "12h" });
  t.deepEqual(spec.safeguards, { maxDeactivations: "20%" });
});

test.serial("the catalogue has the six roles of Konnect, one of them for admins", async (t) => {
  const { spec } = JSON.parse(await namespace.succeed(["get", "oktaorg", "acme", "-o", "json"]));
  const roles: { displayName: string; description?: string; admin?: boolean }[] = spec.roles;
  t.deepEqual(
    roles.map(({ displayName }) => displayName),
    [
      "Organization Admin",
      "Service Admin",
      "Service Developer",
      "Portal Admin",
      "Service Page Editor",
      "Runtime Admin",
    ],
  );
  t.deepEqual(
    roles.filter(({ admin }) => admin).map(({ displayName }) => displayName),
    ["Organization Admin"],
  );
  t.true(roles.every(({ description }) => description));
});

test.serial("mappings and local users name roles of the catalogue only", async (t) => {
  const { spec } = JSON.parse(await namespace.succeed(["get", "oktaorg", "acme", "-o", "json"]));
  const names = new Set(spec.roles.map(({ name }: { name: string }) => name));
  const { items } = JSON.parse(await namespace.succeed(["get", "orm,orguser", "-o", "json"]));
  t.true(items.length >= 7);
  for (const { metadata, spec } of items) {
    t.deepEqual(
      spec.roles.filter((role: string) => !names.has(role)),
      [],
      metadata.name,
    );
  }
});

test.serial("applying the samples again changes nothing", async (t) => {
  const stdout = await namespace.succeed(["apply", "-f", fileURLToPath(folder)]);
  t.notRegex(stdout, /created|configured/);
});
