import test from "ava";
import { APPROVAL_ANNOTATION } from "../../../crds/annotations.ts";
import type { Organization } from "../../../crds/types.ts";
import { CompiledPolicy, type Policies } from "../../../identity/index.ts";
import { DeactivationHold } from "../../../operator/users/deactivation-hold.ts";
import { PendingDeactivations } from "../../../operator/users/pending-deactivations.ts";
import { ADA } from "../ada.ts";

const KEY = ADA.organization;
const BEGIN = Date.parse("2026-03-01T08:00:00Z");
const MINUTE = 60_000;

/** Six people whom a deleted mapping would put out, held since the beginning, at a time that the test sets. */
function scene() {
  let now = BEGIN;
  const annotations: Record<string, string> = {};
  const organization = {
    metadata: { uid: "o1", annotations },
    spec: { safeguards: { maxDeactivations: "20%" } },
    status: {
      conditions: [
        {
          type: "DeactivationsWithinLimit",
          status: "False",
          reason: "DeactivationsHeld",
          message: "",
          lastTransitionTime: new Date(BEGIN).toISOString(),
        },
      ],
    },
  };
  const policies = {
    of: () => ({ issuer: ADA.issuer, policy: new CompiledPolicy([{ name: "service-admin" }]), held: false }),
  } as unknown as Policies;
  const pending = new PendingDeactivations({ store: {} as never, policies });
  const come = (name: string): void => pending.look({ ...ADA, ref: `access/${name}`, subject: name });
  for (let i = 0; i < 6; i++) come(`p${i}`);
  const replica = () =>
    new DeactivationHold({
      organizations: { get: () => organization as unknown as Organization },
      pending,
      policies,
      counts: { of: () => ({ registered: 6, active: 6 }), deactivatedSince: () => 0 },
      localAdmins: { canGetIn: () => false },
      now: () => now,
    });
  return {
    replica,
    come,
    hold: replica(),
    at: (minutes: number) => {
      now = BEGIN + minutes * MINUTE;
    },
    say: (code = "") => {
      annotations[APPROVAL_ANNOTATION] = code;
    },
  };
}

const asked = (hold: DeactivationHold): string => hold.offer(KEY)?.approval ?? "";
const isHeld = (hold: DeactivationHold): boolean | undefined => hold.state(KEY)?.held;

test("every hour another approval is asked for; the one before counts for an hour longer, then no more", (t) => {
  const { hold, at, say } = scene();
  const first = asked(hold);
  at(59);
  t.is(asked(hold), first);
  at(61);
  t.not(asked(hold), first);
  at(121);
  const third = asked(hold);
  say(first);
  t.true(isHeld(hold), "it has expired");
  say(third);
  t.false(isHeld(hold));

  const late = scene();
  const offered = asked(late.hold);
  late.at(119);
  late.say(offered);
  t.false(isHeld(late.hold), "it was asked for within the last hour");
});

test("another replica asks for the same, and takes what this one has asked for", (t) => {
  const { hold, replica, at, say } = scene();
  at(90);
  const code = asked(hold);
  const other = replica();
  t.is(asked(other), code);
  at(130);
  say(code);
  t.false(isHeld(other));
});

test("what was offered for fewer people expires as well", (t) => {
  const { hold, come, at, say } = scene();
  const forSix = asked(hold);
  come("late");
  t.not(asked(hold), forSix);
  at(61);
  say(forSix);
  t.true(isHeld(hold));
  const soon = scene();
  const offered = asked(soon.hold);
  soon.come("late");
  soon.at(30);
  soon.say(offered);
  t.false(isHeld(soon.hold), "six go, and one is within the limit");
});
