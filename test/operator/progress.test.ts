import test from "ava";
import type { Condition, DesiredCondition } from "../../kubernetes/index.ts";
import { knownCondition, progress } from "../../operator/progress.ts";

function condition(status: DesiredCondition["status"], reason: string): DesiredCondition {
  return { type: "IssuerDiscovered", status, reason, message: `${reason}.` };
}

test("Stalled is what nobody but a person can put right, Reconciling is that Okta is being asked, else neither", (t) => {
  const wrong = condition("False", "WrongIssuer");
  const checking = condition("Unknown", "Checking");
  t.deepEqual(progress([]), []);
  t.deepEqual(progress([condition("True", "Discovered")]), []);
  t.deepEqual(progress([checking, wrong]), [
    { type: "Stalled", status: "True", reason: "WrongIssuer", message: "WrongIssuer." },
  ]);
  t.deepEqual(progress([condition("False", "IssuerUnreachable"), checking]), [
    { type: "Reconciling", status: "True", reason: "Checking", message: "Checking." },
  ]);
  t.deepEqual(progress([condition("Unknown", "DirectoryForbidden")]), [], "it doesn't fail");
  for (const reason of ["UnknownRole", "GroupNotFound", "OrganizationNotFound", "IssuerUnreachable"])
    t.deepEqual(progress([condition("False", reason)]), [], `${reason} may be put right by what comes next`);
});

test("what was said of an earlier generation, or before Okta has answered, isn't known", (t) => {
  const said: Condition = {
    ...condition("True", "Discovered"),
    observedGeneration: 2,
    lastTransitionTime: "2026-11-26T10:00:00Z",
  };
  const known = (generation: number, ...conditions: Condition[]) =>
    knownCondition({ metadata: { name: "acme", generation }, status: { conditions } }, "IssuerDiscovered");
  t.is(known(2, { ...said, type: "Ready" }, said), said);
  t.is(known(3, said), undefined);
  t.is(known(2, { ...said, reason: "Checking" }), undefined);
  t.is(known(2), undefined);
  t.is(knownCondition({ metadata: { name: "acme", generation: 2 } }, "Ready"), undefined);
  t.is(knownCondition({ metadata: { name: "acme" } }, "Ready"), undefined);
});
