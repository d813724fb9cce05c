import test from "ava";
import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import { DirectoryRateLimitedError } from "../../../okta/directory/directory-errors.ts";
import { GroupLookup } from "../../../operator/mappings/group-lookup.ts";
import type { KnownGroups } from "../../../operator/mappings/known-groups.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";

const ORGANIZATION = {
  metadata: { name: "acme", namespace: "access", uid: "o", generation: 1 },
  spec: { okta: { directory: { url: "https://acme.okta.com" } } },
} as unknown as Organization;

/** A mapping of so many groups, and an Okta of which each look-up takes some time, or is refused. */
function scene(count: number, { eachMs = 0 } = {}) {
  const state = { now: 0, asked: [] as string[], refuseAfter: Number.POSITIVE_INFINITY };
  const names = Array.from({ length: count }, (_, index) => `group-${index}`);
  const directory = {
    groupsByName: async (name: string) => {
      if (state.asked.length >= state.refuseAfter) throw new DirectoryRateLimitedError(7_000);
      state.asked.push(name);
      state.now += eachMs;
      return { exact: [{ id: `id-${name}`, name, members: 3 }], near: [] };
    },
  };
  const lookup = new GroupLookup({
    directories: { of: async () => directory } as unknown as DirectoryClients,
    known: {} as KnownGroups,
    mappingsOf: () => 1,
    now: () => state.now,
  });
  const mapping = {
    metadata: { name: "many", namespace: "access", uid: "m", generation: 1 },
    spec: { organizationRef: { name: "acme" }, groups: names.map((name) => ({ name })), roles: ["x"] },
  } as unknown as OktaRoleMapping;
  const look = (signal?: AbortSignal) => lookup.lookUp(mapping, ORGANIZATION, signal);
  return { state, names, look };
}

test("a look-up that takes long is done in parts, each group once", async (t) => {
  const { state, names, look } = scene(20, { eachMs: 3_000 });
  const kinds: string[] = [];
  let found = await look();
  for (; found.againMs === 0; found = await look()) kinds.push(found.check.kind);
  t.deepEqual(kinds, ["failed", "failed"], "Unknown, meanwhile");
  t.is(found.check.kind, "read");
  t.is(found.groups.length, 20);
  t.deepEqual(state.asked, names);
});

test("a rate limit that is used up loses nothing of what was read, nor what was said before", async (t) => {
  const { state, names, look } = scene(10);
  state.refuseAfter = 6;
  const refused = await look();
  t.like(refused, { check: { kind: "failed", reason: "DirectoryRateLimited" }, againMs: 7_000 });
  t.notRegex(
    refused.check.kind === "failed" ? refused.check.message : "",
    /\d/,
    "or it would be written anew each time",
  );
  state.now += 7_000;
  state.refuseAfter = 15;
  t.is((await look()).check.kind, "read");
  t.deepEqual(state.asked, names);

  state.now += 3_600_000;
  const again = await look();
  t.is(again.check.kind, "read", "what was found an hour ago, until the rest is read");
  t.is(again.againMs, 7_000);
});

test("a look-up ends when it is told to", async (t) => {
  const { look } = scene(10);
  await t.throwsAsync(look(AbortSignal.abort(new Error("stopped"))), { message: "stopped" });
});
