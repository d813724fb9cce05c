import test from "ava";
import { challengeAnswer, isSecret, readDelivery } from "../../../okta/events/event-hook.ts";

const event = {
  uuid: "e1",
  published: "2026-11-26T08:00:00.123Z",
  eventType: "user.lifecycle.suspend",
  outcome: { result: "SUCCESS" },
  target: [{ id: "00u1", type: "User", alternateId: "ada@acme.example", displayName: "Ada" }],
};

function delivery(...events: unknown[]) {
  return {
    eventType: "com.okta.event_hook",
    eventTypeVersion: "1.0",
    cloudEventsVersion: "0.1",
    source: "https://acme.okta.com/api/v1/eventHooks/who1",
    eventId: "b5a188b9",
    data: { events },
    eventTime: "2026-11-26T08:00:01.123Z",
    contentType: "application/json",
  };
}

test("a delivery's events are read as the System Log's are", async (t) => {
  t.deepEqual(await readDelivery(delivery(event)), {
    events: [
      {
        uuid: "e1",
        published: event.published,
        eventType: event.eventType,
        outcome: "SUCCESS",
        targets: [{ id: "00u1", type: "User", displayName: "Ada" }],
      },
    ],
    unreadable: 0,
  });
  t.deepEqual(await readDelivery(delivery()), { events: [], unreadable: 0 });
});

test("an event that can't be read keeps no other from being read", async (t) => {
  const read = await readDelivery(
    delivery(null, event, { ...event, published: "yesterday" }, "text", { ...event, uuid: "e2" }),
  );
  t.deepEqual(
    read?.events.map(({ uuid }) => uuid),
    ["e1", "e2"],
  );
  t.is(read?.unreadable, 3);
});

test("what isn't a delivery isn't an empty one", async (t) => {
  for (const body of [
    undefined,
    null,
    [],
    {},
    "text",
    { ...delivery(), eventType: "other" },
    { ...delivery(), data: {} },
  ])
    t.is(await readDelivery(body), undefined);
});

test("a delivery of more events than Okta's have is none", async (t) => {
  t.is((await readDelivery(delivery(...Array<null>(5_000).fill(null))))?.unreadable, 5_000);
  t.is(await readDelivery(delivery(...Array<null>(5_001).fill(null))), undefined);
});

test("a challenge is answered as it came, and nothing else is", (t) => {
  t.deepEqual(challengeAnswer("Me_rShK8JHsTnbyYrWXCEoMGbM"), { verification: "Me_rShK8JHsTnbyYrWXCEoMGbM" });
  t.deepEqual(challengeAnswer("x".repeat(512)), { verification: "x".repeat(512) });
  for (const challenge of [undefined, "", ["a", "b"], "x".repeat(513)])
    t.is(challengeAnswer(challenge), undefined);
});

test("the secret is right, and nothing that is nearly it", (t) => {
  t.true(isSecret("a secret", "a secret"));
  for (const wrong of ["", undefined, "a secre", "a secret ", "A SECRET", "Bearer a secret"])
    t.false(isSecret(wrong, "a secret"));
});

test("where there is no secret, none is right", (t) => {
  t.false(isSecret("", ""));
  t.false(isSecret(undefined, ""));
});
