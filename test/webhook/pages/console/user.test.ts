import test from "ava";
import { explain, sortGrants, type User } from "../../../../identity/index.ts";
import { CompiledPolicy } from "../../../../identity/policy.ts";
import { userPage } from "../../../../webhook/pages/console/user.ts";
import { layout } from "../../../../webhook/pages/layout.ts";
import { account, ISSUER } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";

/** Everything in it takes six times the room once it is escaped. */
const QUOTES = '"'.repeat(900);

test("a user with very many roles, groups and changes, all of them long, stays below 100 kB, and it says what is left out", (t) => {
  const roles = Array.from({ length: 128 }, (_, i) => ({
    name: `role-${i}`,
    displayName: `${'"'.repeat(90)}${i}`,
  }));
  const groups = Array.from({ length: 500 }, (_, i) => ({ name: `${i}${QUOTES}` }));
  const mappings = groups
    .slice(0, 40)
    .map((group, i) => ({ name: `mapping-${i}`, groups: [group], roles: roles.map(({ name }) => name) }));
  const policy = new CompiledPolicy(roles, mappings);
  const grants = sortGrants(
    mappings.flatMap(({ name: mapping, groups: [group], roles: given }) =>
      given.slice(0, 64).map((role) => ({ role, mapping, group: group?.name ?? "" })),
    ),
  );
  const change = {
    at: 1_764_000_000_000,
    what: ["RolesChanged" as const],
    granted: grants.slice(0, 10),
    revoked: grants.slice(10, 20),
    moreGranted: 500,
    moreRevoked: 0,
    reason: "MappingsChanged",
    message: QUOTES.slice(0, 512),
  };
  const user: User = account({
    name: QUOTES.slice(0, 512),
    email: `${"'".repeat(300)}@acme.example`,
    groups,
    access: {
      active: true,
      grants,
      groups: groups.map(({ name }) => name),
      reason: "MappedGroup",
      message: QUOTES.slice(0, 500),
    },
    history: Array.from({ length: 20 }, () => change),
    signIns: Array.from({ length: 10 }, () => ({
      at: 1_764_000_000_000,
      outcome: "Admitted" as const,
      reason: "MappedGroup",
    })),
  });
  const explanation = explain({ user }, { inForce: { issuer: ISSUER, policy, held: false, paused: false } });
  const page = layout(userPage(visitorOfAcme(roles), user, { explanation, justEnded: true }), "x");
  t.true(Buffer.byteLength(page) < 100_000, `${Buffer.byteLength(page)} bytes`);
  t.is(page.match(/There is no room here for \d+ more\./g)?.length, 2, "of roles, and of changes");
  t.regex(page, /and 440 more, 500 in all/);
});
