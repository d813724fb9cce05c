import test from "ava";
import { EVENT_TYPES } from "../../../okta/events/event-types.ts";
import { hintsOfEvent } from "../../../okta/events/hints-of-event.ts";
import type { LogEvent } from "../../../okta/events/log-event.ts";

const TIME = "2026-11-26T08:00:00.123Z";
const ada = { id: "00uAda", type: "User", displayName: "Ada Lovelace" };
const team = { id: "00gTeam", type: "UserGroup", displayName: "Team" };
const app = { id: "0oaApp", type: "AppInstance", displayName: "App" };

function event(eventType: string, targets: LogEvent["targets"] = [ada, team]): LogEvent {
  return { uuid: "e1", published: TIME, eventType, outcome: "SUCCESS", targets };
}

test("who joins or leaves a group is to be looked at, and which group it was is known", (t) => {
  const person = { kind: "person", id: "00uAda", eventTime: TIME, groupNames: ["Team"] } as const;
  t.deepEqual(hintsOfEvent(event("group.user_membership.add")), [{ ...person, joined: ["00gTeam"] }]);
  t.deepEqual(hintsOfEvent(event("group.user_membership.remove")), [{ ...person, left: ["00gTeam"] }]);
});

test("what a target is, is said by its type and not by its place", (t) => {
  for (const type of EVENT_TYPES)
    t.deepEqual(
      hintsOfEvent(event(type, [team, app, ada])),
      hintsOfEvent(event(type, [ada, team, app])),
      type,
    );
});

test("what an event doesn't name isn't told as nothing, or as a list of nothing", (t) => {
  const joined = "group.user_membership.add";
  const nameless = { id: "00gTeam", type: "UserGroup" };
  t.deepEqual(hintsOfEvent(event(joined, [ada])), [{ kind: "person", id: "00uAda", eventTime: TIME }]);
  t.deepEqual(hintsOfEvent(event(joined, [ada, nameless])), [
    { kind: "person", id: "00uAda", eventTime: TIME, joined: ["00gTeam"] },
  ]);
  t.deepEqual(hintsOfEvent(event("group.lifecycle.create", [nameless])), [
    { kind: "group", id: "00gTeam", eventTime: TIME },
  ]);
});

test("several people in one event are each looked at", (t) => {
  const eve = { id: "00uEve", type: "User" };
  t.deepEqual(
    hintsOfEvent(event("group.user_membership.add", [ada, eve, team])).map(({ id }) => id),
    ["00uAda", "00uEve"],
  );
});

test("very many people and groups in one event are each looked at, and not told of each other", (t) => {
  const several = (count: number, type: "User" | "UserGroup") =>
    Array.from({ length: count }, (_, i) => ({ id: `${type}${i}`, type }));
  const added = (people: number, groups: number) =>
    hintsOfEvent(
      event("group.user_membership.add", [...several(people, "User"), ...several(groups, "UserGroup")]),
    );
  t.deepEqual(
    added(10, 10).map((hint) => "joined" in hint && hint.joined?.length),
    Array<number>(10).fill(10),
  );
  const many = added(5_000, 4_000);
  t.is(many.length, 9_000);
  t.is(many.filter(({ kind }) => kind === "group").length, 4_000);
  t.true(many.every((hint) => !("joined" in hint)));
});

test("members whom an event doesn't name are found by their group", (t) => {
  t.deepEqual(hintsOfEvent(event("group.user_membership.remove", [team])), [
    { kind: "group", id: "00gTeam", name: "Team", eventTime: TIME },
  ]);
});

test("a group that is made, renamed or deleted is to be looked at, with the name that it has then", (t) => {
  for (const type of ["group.lifecycle.create", "group.profile.update", "group.lifecycle.delete"])
    t.deepEqual(hintsOfEvent(event(type)), [{ kind: "group", id: "00gTeam", name: "Team", eventTime: TIME }]);
});

test("who may no longer sign in, or may again, is told apart from who may still have to do something first", (t) => {
  const active = (type: string) =>
    hintsOfEvent(event(type, [ada])).map((hint) => "active" in hint && hint.active);
  for (const [type, said] of [
    ["user.lifecycle.suspend", true],
    ["user.lifecycle.deactivate", true],
    ["user.lifecycle.delete.initiated", true],
    ["user.lifecycle.delete.completed", true],
  ] as const)
    t.deepEqual(active(type), [!said], type);
  t.deepEqual(active("user.lifecycle.unsuspend"), [true]);
  const hint = { kind: "person", id: "00uAda", eventTime: TIME } as const;
  for (const type of ["user.lifecycle.activate", "user.lifecycle.reactivate"])
    t.deepEqual(hintsOfEvent(event(type, [ada])), [{ ...hint, activated: true }], type);
  t.deepEqual(hintsOfEvent(event("user.account.update_profile", [ada])), [hint]);
});

test("an event of an unknown type, of something that failed, or of nobody gives nothing", (t) => {
  for (const type of ["user.session.start", "group.user_membership", "constructor", "toString", ""])
    t.deepEqual(hintsOfEvent(event(type)), [], type);
  for (const outcome of ["FAILURE", "DENY"])
    t.deepEqual(hintsOfEvent({ ...event("user.lifecycle.suspend"), outcome }), []);
  for (const type of EVENT_TYPES) t.deepEqual(hintsOfEvent(event(type, [app])), [], type);
});

test("an id that is no id is nobody's", (t) => {
  for (const id of ["../users", "a b", "x".repeat(101)])
    t.deepEqual(hintsOfEvent(event("user.lifecycle.suspend", [{ id, type: "User" }])), []);
});

test("times are told in UTC, to the millisecond", (t) => {
  const [hint] = hintsOfEvent({ ...event("user.lifecycle.suspend"), published: "2026-11-26T09:00:00+01:00" });
  t.is(hint?.eventTime, "2026-11-26T08:00:00.000Z");
});
