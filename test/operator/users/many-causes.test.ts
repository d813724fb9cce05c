import test from "ava";
import { operatorUnderTest, rolesOf } from "../operator-under-test.ts";

test("who holds so much that not every cause can be stored still loses what a deleted mapping gave", async (t) => {
  const { applyAcme, cluster, condition, signedIn, untilUser } = await operatorUnderTest(t);
  const groups = Array.from({ length: 160 }, (_, i) => `team-${i}`);
  const many = Array.from({ length: 64 }, (_, i) => `role-${i}`);
  const first: Record<string, [string[], string[]]> = { first: [["team-0"], ["first"]] };
  await applyAcme({ roles: [...many, "first"], mappings: first });
  await condition("orm", "first", "Ready", "True");
  const { ref } = await signedIn("ada", groups, first);
  await applyAcme({ roles: [...many, "first"], mappings: { everything: [groups, many] } });
  await condition("orm", "everything", "Ready", "True");
  await cluster.kubectl("delete", "orm", "first");
  const { status } = await untilUser(ref, "to have lost it", (user) => !rolesOf(user).includes("first"));
  t.deepEqual(status?.roleNames, [...many].sort());
  t.deepEqual(new Set(status?.roles?.map(({ mapping }) => mapping)), new Set(["everything"]));
});
