import test from "ava";
import { type EndedSession, withEndedSession } from "../../identity/ended-sessions.ts";

/** A clock may be ahead by as much. */
const HOUR_MS = 3_600_000;
const NOW = 1_764_000_000_000;
const ended = (id: string, seconds: number): EndedSession => ({ id, expiresAt: NOW + seconds * 1000 });

test("an ended session is remembered until it has expired by everybody's clock, and once", (t) => {
  const one = withEndedSession([], ended("a", 60), NOW);
  t.deepEqual(one, [ended("a", 60)]);
  if (one === "too-many") return;
  t.is(withEndedSession(one, ended("a", 60), NOW), one);
  t.deepEqual(withEndedSession(one, ended("b", 120), NOW + HOUR_MS + 59_000), [
    ended("a", 60),
    ended("b", 120),
  ]);
  t.deepEqual(withEndedSession(one, ended("b", 120), NOW + HOUR_MS + 60_000), [ended("b", 120)]);
});

test("nothing that has ended is forgotten for want of room: then all end", (t) => {
  let known: readonly EndedSession[] = [];
  for (let i = 0; i < 16; i++) {
    const next = withEndedSession(known, ended(`s${i}`, 60), NOW);
    if (next === "too-many") return t.fail(`at ${i}`);
    known = next;
  }
  t.is(withEndedSession(known, ended("one-more", 60), NOW), "too-many");
  t.is(withEndedSession(known, ended("s3", 60), NOW), known);
  t.deepEqual(withEndedSession(known, ended("one-more", 120), NOW + HOUR_MS + 60_000), [
    ended("one-more", 120),
  ]);
});
