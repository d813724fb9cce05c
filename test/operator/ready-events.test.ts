import test from "ava";
import {
  ConnectionError,
  conditionFalse,
  conditionTrue,
  type DesiredCondition,
  type EventRecorder,
} from "../../kubernetes/index.ts";
import { writeReady } from "../../operator/ready-events.ts";

const before = { metadata: { name: "acme", namespace: "team" } };
const ready = conditionTrue("Ready", "Accepted", "All is well.");

test("an Event tells that Ready has changed when that was written, or when nobody knows; not when it wasn't", async (t) => {
  const reasons: string[] = [];
  const record: EventRecorder["record"] = ({ reason }) => void reasons.push(reason);
  const events = { record };
  await writeReady({ events, before, ready }, async () => before);
  t.deepEqual(reasons.splice(0), ["Accepted"]);
  await writeReady({ events, before, ready }, async () => undefined);
  t.deepEqual(reasons.splice(0), []);
  for (const sent of [true, false]) {
    const lost = new ConnectionError("no answer", { sent });
    await t.throwsAsync(
      writeReady({ events, before, ready }, () => Promise.reject(lost)),
      { is: lost },
    );
    t.deepEqual(reasons.splice(0), sent ? ["Accepted"] : []);
  }
  const same = { ...before, status: { conditions: [{ type: "Ready", status: "True", reason: "Accepted" }] } };
  await writeReady({ events, before: same, ready }, async () => same);
  t.deepEqual(reasons, []);
});

test("what Ready doesn't say, since something else comes first there, has an Event of its own; what it says has one", async (t) => {
  const told: string[] = [];
  const events = {
    record: (({ type, reason }) => void told.push(`${type} ${reason}`)) as EventRecorder["record"],
  };
  const held = conditionFalse("DeactivationsWithinLimit", "DeactivationsHeld", "Six would go.");
  const within = conditionTrue("DeactivationsWithinLimit", "WithinLimit", "Nobody waits.");
  const write = (conditions: DesiredCondition[], ready: DesiredCondition, also: DesiredCondition) => {
    const object = { ...before, status: { conditions } };
    return writeReady({ events, before: object, ready, also: [also] }, async () => object);
  };
  await write([], ready, within);
  t.deepEqual(told.splice(0), ["Normal Accepted"], "nothing was ever held");
  const other = conditionFalse("Ready", "IssuerUnreachable", "Okta isn't there.");
  await write([other, within], other, held);
  t.deepEqual(told.splice(0), ["Warning DeactivationsHeld"]);
  await write([other, held], other, held);
  t.deepEqual(told.splice(0), []);
  await write([ready, within], conditionFalse("Ready", held.reason, held.message), held);
  t.deepEqual(told.splice(0), ["Warning DeactivationsHeld"], "once");
  await write([other, held], other, within);
  t.deepEqual(told.splice(0), ["Normal WithinLimit"]);
});

test("that Okta is being asked is no Event; that Ready changes its reason alone, or was never said, is one", async (t) => {
  const told: string[] = [];
  const events = { record: (({ reason }) => void told.push(reason)) as EventRecorder["record"] };
  const write = async (status: object | undefined, next: DesiredCondition) => {
    const object = { ...before, ...(status && { status }) };
    await writeReady({ events, before: object, ready: next }, async () => object);
    return told.splice(0);
  };
  const checking: DesiredCondition = { type: "Ready", status: "Unknown", reason: "Checking", message: "" };
  t.deepEqual(await write({ conditions: [ready] }, checking), []);
  t.deepEqual(await write({}, ready), ["Accepted"]);
  const other = conditionTrue("DirectorySynced", "Accepted", "");
  t.deepEqual(await write({ conditions: [other] }, ready), ["Accepted"], "another condition said so");
  t.deepEqual(await write({ conditions: [{ ...ready, reason: "Paused" }] }, ready), ["Accepted"]);
  const failed = conditionFalse("Ready", "Accepted", "");
  t.deepEqual(await write({ conditions: [failed] }, ready), ["Accepted"]);
});
