import test from "ava";
import { mapping } from "./objects.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();

/** Writes a mapping's conditions as one of the two programs does: what it leaves out of its own is taken away. */
function apply(fieldManager: string, ...types: string[]): Promise<string> {
  const { apiVersion, kind, metadata } = mapping();
  const conditions = types.map((type) => ({
    type,
    status: "True",
    reason: "Reconciled",
    message: `Written by ${fieldManager}.`,
    lastTransitionTime: "2026-11-24T08:00:00Z",
  }));
  return namespace.succeed(
    ["apply", "--server-side", "--subresource=status", `--field-manager=${fieldManager}`, "-f", "-"],
    { apiVersion, kind, metadata, status: { conditions } },
  );
}

async function conditionTypes(): Promise<string[]> {
  const { status } = JSON.parse(await namespace.succeed(["get", "orm", "service-admins", "-o", "json"]));
  return status.conditions.map(({ type }: { type: string }) => type).sort();
}

test.serial(
  "operator and webhook share the conditions of one object without touching each other's",
  async (t) => {
    await namespace.succeed(["create", "-f", "-"], mapping());
    await apply("okta-role-operator", "Ready", "RolesResolved");
    await apply("okta-role-webhook", "UsersProvisioned");
    t.deepEqual(await conditionTypes(), ["Ready", "RolesResolved", "UsersProvisioned"]);

    await apply("okta-role-operator", "Ready");
    t.deepEqual(await conditionTypes(), ["Ready", "UsersProvisioned"]);
  },
);

test.serial("neither can write a condition of the other's by mistake", async (t) => {
  await t.throwsAsync(apply("okta-role-webhook", "Ready", "UsersProvisioned"), {
    message: /conflict with "okta-role-operator"/,
  });
});
