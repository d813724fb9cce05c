import test from "ava";
import { Registry } from "prom-client";
import type { LogEvent } from "../../../okta/events/log-event.ts";
import type { Heard } from "../../../organizations/hints.ts";
import { SecretNotFoundError } from "../../../organizations/secret-values.ts";
import { EventHooks } from "../../../webhook/hooks/event-hooks.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { exactly } from "../../exactly.ts";
import { logLines } from "../../log-lines.ts";
import { organization, withDirectory } from "../../organizations/organization.ts";

const acme = withDirectory(organization("team/acme", "acme"));
const bare = organization("team/bare", "bare");

function event(id: string): LogEvent {
  return {
    uuid: id,
    published: "2026-11-27T08:00:00.000Z",
    eventType: "user.account.update_profile",
    targets: [{ id, type: "User" }],
  };
}

/** Hooks of which the people named are known here, and what was written because of them. */
function scene({ known = [] as string[] } = {}) {
  const registry = new Registry();
  const written: [string, Heard][] = [];
  const failures: Error[] = [];
  const told: { readonly about: string; readonly reason: string; readonly note: string }[] = [];
  const clock = { now: 0 };
  const { log, lines } = logLines();
  const hooks = new EventHooks({
    hints: {
      heard: async ({ metadata }, heard) => {
        const failure = failures.shift();
        if (failure) throw failure;
        written.push([metadata.name ?? "", heard]);
      },
    },
    concerned: async (hints) => hints.filter(({ id }) => known.includes(id)),
    metrics: new WebhookMetrics(registry),
    events: {
      record: ({ regarding: { kind, metadata }, reason, note }) => {
        told.push({ about: `${kind} ${metadata.namespace}/${metadata.name}`, reason, note });
      },
    },
    log,
    now: () => clock.now,
  });
  const counted = async (): Promise<Record<string, number>> => {
    const text = await registry.metrics();
    const found = [...text.matchAll(/^okta_role_event_hook_(\w+)_total\{.*outcome="(\w+)"\} (\d+)$/gm)];
    const sums: Record<string, number> = {};
    for (const [, what, outcome, count] of found)
      if (count !== "0") sums[`${what} ${outcome}`] = (sums[`${what} ${outcome}`] ?? 0) + Number(count);
    return sums;
  };
  return { hooks, written, failures, told, clock, lines, counted };
}

test("of a delivery, what concerns anybody here is stored before it is answered, all at once; the rest is counted", async (t) => {
  const { hooks, written, counted } = scene({ known: ["00u1", "00u3"] });
  await hooks.delivered(acme, { events: ["00u1", "00u2", "00u3"].map(event), unreadable: 2 });
  t.deepEqual(
    written.map(([name, { eventHook, hints }]) => [name, eventHook, hints?.map(({ id }) => id)]),
    [["acme", "called", ["00u1", "00u3"]]],
  );
  t.deepEqual(await counted(), {
    "calls called": 1,
    "events concerned": 2,
    "events foreign": 1,
    "events unreadable": 2,
  });
});

test("what concerns nobody costs one note in a minute; so does everything where there is no directory to look into", async (t) => {
  const { hooks, written, clock, counted } = scene({ known: ["00u1"] });
  await hooks.delivered(acme, { events: [event("00u2")], unreadable: 0 });
  clock.now += 59_999;
  await hooks.delivered(acme, { events: [], unreadable: 0 });
  await hooks.delivered(bare, { events: [event("00u1")], unreadable: 0 });
  t.deepEqual(written, [
    ["acme", { eventHook: "called" }],
    ["bare", { eventHook: "called" }],
  ]);
  t.deepEqual(await counted(), { "calls called": 3, "events concerned": 1, "events foreign": 1 });
});

test("a delivery that can't be stored is Okta's to deliver again", async (t) => {
  const { hooks, failures, written, counted } = scene({ known: ["00u1"] });
  failures.push(new Error("the API server is away"));
  const delivery = { events: [event("00u1")], unreadable: 0 };
  await t.throwsAsync(hooks.delivered(acme, delivery), { message: /away/ });
  t.deepEqual(await counted(), { "calls called": 1, "calls failed": 1, "events concerned": 1 });
  await hooks.delivered(acme, delivery);
  t.is(written.length, 1);
});

test("each kind of call is noted once in a minute; the right secret is news again after a wrong one", async (t) => {
  const { hooks, written, clock, counted } = scene();
  for (const call of ["verified", "called", "called", "verified", "refused", "refused"] as const)
    hooks.called(acme, call);
  hooks.called(acme, "called");
  hooks.called(acme, "verified");
  hooks.called(acme, "verified");
  hooks.called(bare, "called");
  t.deepEqual(
    written.map(([name, { eventHook }]) => `${name} ${eventHook}`),
    ["acme verified", "acme called", "acme refused", "acme called", "acme verified", "bare called"],
  );
  t.deepEqual(await counted(), { "calls verified": 4, "calls called": 4, "calls refused": 2 });
  written.splice(0);
  for (const [ms, notes] of [
    [59_999, 0],
    [1, 1],
  ] as const) {
    clock.now += ms;
    hooks.called(acme, "called");
    t.is(written.length, notes);
  }
});

test("a verification is noted again after a second: another replica may have been called with a wrong secret since", (t) => {
  const { hooks, written, clock } = scene();
  for (const ms of [0, 999, 1]) {
    clock.now += ms;
    hooks.called(acme, "verified");
  }
  t.is(written.length, 2);
});

test("of an organization that is made again a call is news", (t) => {
  const { hooks, written } = scene();
  const again = { ...acme, metadata: { ...acme.metadata, uid: "another" } };
  for (const one of [acme, again, again]) hooks.called(one, "called");
  t.is(written.length, 2);
});

test("a call at another login path is news", async (t) => {
  const { hooks, written } = scene();
  const moved = { ...acme, spec: { ...acme.spec, loginPath: "shop" } };
  for (const one of [acme, moved, moved]) hooks.called(one, "verified");
  t.is(written.length, 2);
});

test("a note that couldn't be written is logged, and written at the next call", async (t) => {
  const { hooks, written, failures, lines } = scene();
  failures.push(new Error("the API server is away"));
  hooks.called(acme, "called");
  await new Promise(setImmediate);
  t.like(
    lines,
    exactly({ level: 40, organization: "team/acme", err: { message: "the API server is away" } }),
  );
  hooks.called(acme, "called");
  t.is(written.length, 1);
});

test("who sends no secret is counted, and nothing is noted: that isn't Okta", async (t) => {
  const { hooks, written, counted } = scene();
  hooks.uninvited(acme);
  t.deepEqual(await counted(), { "calls refused": 1 });
  t.deepEqual(written, []);
});

test("that the secret can't be read is told on the organization once in a minute, and each call is counted", async (t) => {
  const { hooks, written, told, clock, counted } = scene();
  const gone = new SecretNotFoundError("There is no Secret hook in this namespace: create it.");
  for (const ms of [0, 59_999, 1]) {
    clock.now += ms;
    hooks.unreadable(acme, gone);
  }
  hooks.unreadable(bare, gone);
  t.like(
    told,
    exactly(
      { about: "Organization team/acme", reason: "EventHookSecretUnreadable" },
      { about: "Organization team/acme" },
      { about: "Organization team/bare" },
    ),
  );
  t.regex(told[0]?.note ?? "", /503.*There is no Secret hook in this namespace: create it\.$/);
  t.deepEqual(await counted(), { "calls unreadable": 4 });
  t.deepEqual(written, []);
});
