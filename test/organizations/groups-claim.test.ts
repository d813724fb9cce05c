import test from "ava";
import type { Organization } from "../../crds/types.ts";
import { circumstancesOf } from "../../organizations/circumstances.ts";
import { deactivationsCountFrom, settledTime } from "../../organizations/deactivation-window.ts";
import { groupsClaimSource, groupsClaimVerdict, groupsRefusal } from "../../organizations/groups-claim.ts";
import { organization } from "./organization.ts";

const base = organization("team/acme", "acme");
const acme: Organization = { ...base, metadata: { ...base.metadata, generation: 3 } };
const TIME = "2026-11-26T08:00:00Z";

const condition = (type: string, status: "True" | "False" | "Unknown", reason: string, generation = 3) => ({
  type,
  status,
  reason,
  message: "",
  lastTransitionTime: TIME,
  observedGeneration: generation,
});

/** With what sign-ins have shown of the claim, and whose it was. */
function shown(
  received: ReturnType<typeof condition>,
  checked?: Partial<ReturnType<typeof groupsClaimSource>>,
): Organization {
  const conditions = [condition("Ready", "False", "ClaimLost"), received];
  const groupsClaimChecked = checked && { ...groupsClaimSource(acme), ...checked };
  return { ...acme, status: { conditions, ...(groupsClaimChecked ? { groupsClaimChecked } : {}) } };
}

const LOST = condition("GroupsClaimReceived", "False", "ClaimLost");

test("a verdict about the claim is of this issuer, client and claim, or it is none", (t) => {
  t.deepEqual(groupsClaimSource(acme), {
    issuer: "https://acme.okta.com",
    clientID: "0oa1",
    claim: "groups",
  });
  t.is(groupsClaimVerdict(shown(LOST, {})), LOST);
  t.is(
    groupsClaimVerdict(shown({ ...LOST, observedGeneration: 2 }, {}))?.reason,
    "ClaimLost",
    "something else was edited",
  );
  for (const other of [{ issuer: "https://other.okta.com" }, { clientID: "0oa2" }, { claim: "teams" }])
    t.is(groupsClaimVerdict(shown(LOST, other)), undefined);
  t.is(groupsClaimVerdict(acme), undefined);
  t.is(groupsClaimVerdict({ ...acme, status: { conditions: [] } }), undefined);
});

test("where an earlier version didn't say whose it was, the verdict is of the spec that it was written for", (t) => {
  t.is(groupsClaimVerdict(shown(LOST)), LOST);
  t.is(groupsClaimVerdict(shown({ ...LOST, observedGeneration: 2 })), undefined);
});

test("sign-ins are refused for what the verdict says, if it is one of the claim", (t) => {
  for (const reason of ["ClaimInvalid", "ClaimNotSetUp", "ClaimLost", "TooManyGroups"] as const)
    t.is(groupsRefusal(shown({ ...LOST, reason }, {})), reason);
  t.is(groupsRefusal(shown({ ...LOST, reason: "Unheard" }, {})), undefined);
  t.is(groupsRefusal(shown({ ...LOST, status: "True" }, {})), undefined);
  t.is(groupsRefusal(shown({ ...LOST, status: "Unknown" }, {})), undefined);
  t.is(groupsRefusal(acme), undefined);
});

test("access is explained by the policy in force and by what hinders sign-ins", (t) => {
  const asked: string[] = [];
  const of = (key: string) => void asked.push(key);
  t.deepEqual(circumstancesOf(shown(LOST, {}), { of }), { inForce: undefined, claim: "ClaimLost" });
  t.deepEqual(asked, ["team/acme"]);
});

test("deactivations count for a day, from what was approved on, and longer while something is held", (t) => {
  const now = Date.parse(TIME) + 48 * 3_600_000;
  const day = 24 * 3_600_000;
  t.is(settledTime(acme, now), 0);
  t.is(deactivationsCountFrom(acme, now), now - day);
  const held = { conditions: [condition("DeactivationsWithinLimit", "False", "Held")] };
  t.is(deactivationsCountFrom({ ...acme, status: held }, now), Date.parse(TIME) - day);
  const within = { conditions: [condition("DeactivationsWithinLimit", "True", "Within")] };
  t.is(deactivationsCountFrom({ ...acme, status: within }, now), now - day);
  const settled = { deactivationsSettledTime: new Date(now - 1_000).toISOString() };
  t.is(settledTime({ ...acme, status: settled }, now), now - 1_000);
  t.is(deactivationsCountFrom({ ...acme, status: settled }, now), now - 1_000);
  t.is(settledTime({ ...acme, status: settled }, now - 301_000), now - 1_000, "clocks differ a little");
  t.is(
    deactivationsCountFrom({ ...acme, status: settled }, now - 301_001),
    now - 301_001 - day,
    "one was ahead",
  );
});
