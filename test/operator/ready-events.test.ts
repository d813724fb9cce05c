import test from "ava";
import { ConnectionError, conditionTrue, type EventRecorder } from "../../kubernetes/index.ts";
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
