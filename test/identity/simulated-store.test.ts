import { randomUUID } from "node:crypto";
import test from "ava";
import { waitFor } from "../wait-for.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { storeConformance } from "./store-conformance.ts";

storeConformance(test, "SimulatedStore", async () => {
  let later = 0;
  const store = new SimulatedStore(() => Date.now() + later);
  return {
    store,
    other: store,
    organization: async () => `acme/org-${randomUUID().slice(0, 8)}`,
    makeLocal: async (organization, { email, roles = [], serviceAccountName }) =>
      store.makeLocal(organization, `local-${randomUUID().slice(0, 8)}`, {
        email,
        localRoles: roles,
        ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
      }),
    askToEndSessions: async ({ ref }, words) => store.askToEndSessions(ref, words),
    secondLater: async () => {
      later += 1_000;
    },
    until: (_, condition) =>
      waitFor(async () => (await condition()) || undefined, { what: "the store to know" }),
  };
});
