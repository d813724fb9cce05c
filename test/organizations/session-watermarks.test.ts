import test from "ava";
import type { Organization } from "../../crds/types.ts";
import type { Change } from "../../kubernetes/index.ts";
import { type Begun, SessionWatermarks } from "../../organizations/session-watermarks.ts";
import { organization } from "./organization.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOON = Date.UTC(2026, 10, 24, 12);

/** Organizations as a program hears of them. */
class Heard {
  now = NOON;
  readonly watermarks: SessionWatermarks;
  #tell: (change: Change<Organization>) => void = () => {};
  #organization: Organization | undefined;

  constructor() {
    const subscribe = (listener: (change: Change<Organization>) => void) => {
      this.#tell = listener;
      return () => {};
    };
    this.watermarks = new SessionWatermarks({ subscribe }, () => this.now);
  }

  /** The organization is so now. */
  hear(maxAge: string, sessions?: { maxAge: string; endedBefore?: string }, uid = "u1"): this {
    const previous = this.#organization;
    const object = acme(maxAge, sessions, uid);
    this.#organization = object;
    const key = "team/acme";
    this.#tell(previous ? { kind: "updated", key, object, previous } : { kind: "added", key, object });
    return this;
  }

  /** A session that begins now, as its token has it. */
  begin(): Begun {
    const endedBefore = this.watermarks.aheadOf(this.now, ACME);
    return { issuedAt: this.now, ...(endedBefore === undefined ? {} : { endedBefore }) };
  }

  forget(): this {
    const object = this.#organization;
    if (object) this.#tell({ kind: "deleted", key: "team/acme", object });
    this.#organization = undefined;
    return this;
  }

  /** Whether a session that began so long before noon has ended for good. */
  ended(agoMs: number): boolean {
    return this.watermarks.hasEnded({ issuedAt: NOON - agoMs }, ACME);
  }
}

function acme(
  maxAge: string,
  sessions: { maxAge: string; endedBefore?: string } | undefined,
  uid: string,
): Organization {
  return {
    ...organization("team/acme", "acme", { maxAge, uid }),
    status: sessions ? { sessions } : {},
  };
}

const ACME = acme("1m", undefined, "u1");

test("as long as maxAge stays, nothing has ended for good", (t) => {
  const heard = new Heard().hear("12h").hear("12h", { maxAge: "12h" });
  heard.now += 24 * HOUR;
  heard.hear("12h", { maxAge: "12h" });
  t.false(heard.ended(11 * HOUR));
});

test("made shorter, it ends for good what is older by then", (t) => {
  const heard = new Heard().hear("12h").hear("1h");
  t.true(heard.ended(HOUR));
  t.true(heard.ended(HOUR + 1));
  t.true(heard.ended(HOUR - 5_999), "five seconds more, and the second that it began in");
  t.false(heard.ended(HOUR - 6_000));
  heard.hear("12h");
  t.true(heard.ended(HOUR), "also when it is longer again");
});

test("what has become too old in between has ended when it is made longer again", (t) => {
  const heard = new Heard().hear("12h").hear("1m");
  t.false(heard.ended(30_000));
  heard.now += 10 * MINUTE;
  t.false(heard.ended(30_000), "its own age is what refuses it now");
  heard.hear("12h");
  t.true(heard.ended(30_000));
  t.true(heard.ended(-9 * MINUTE));
  t.false(heard.ended(-9 * MINUTE - 10_000));
});

test("shorter and back within a moment counts", (t) => {
  const heard = new Heard().hear("12h").hear("1m").hear("12h", { maxAge: "12h" });
  t.true(heard.ended(MINUTE));
});

test("what the status says counts, and never goes back", (t) => {
  const kept = { maxAge: "12h", endedBefore: "2026-11-24T11:00:00Z" };
  const heard = new Heard().hear("12h", kept);
  t.true(heard.ended(HOUR + 1000));
  t.false(heard.ended(HOUR));
  heard.hear("12h", { ...kept, endedBefore: "2026-11-24T10:00:00Z" }).hear("12h");
  t.true(heard.ended(HOUR + 1000));
});

test("a program that starts after a change does what the operator has not written yet", (t) => {
  t.true(new Heard().hear("1m", { maxAge: "12h" }).ended(MINUTE));
  t.true(new Heard().hear("12h", { maxAge: "1m" }).ended(MINUTE));
  t.false(new Heard().hear("12h", { maxAge: "1m" }).ended(50_000));
});

test("another organization of the same name has ended nothing, and neither has another one", (t) => {
  const heard = new Heard().hear("12h").hear("1m");
  t.is(heard.watermarks.of(acme("1m", undefined, "u2")), 0);
  heard.forget().hear("12h", undefined, "u3");
  t.is(heard.watermarks.of(acme("1m", undefined, "u1")), 0, "forgotten with its organization");
});

/** What an operator whose clock is a day ahead makes of a change to this maxAge at noon. */
const AHEAD = { maxAge: "1h", endedBefore: "2026-11-25T11:00:06Z" };

test("a clock that was ahead has ended what there was, and nothing that begins from then on", (t) => {
  const heard = new Heard().hear("12h", { maxAge: "12h" });
  const before = heard.begin();
  heard.now += MINUTE;
  heard.hear("1h", AHEAD);
  heard.now += MINUTE;
  const after = heard.begin();
  t.true(heard.watermarks.hasEnded(before, ACME));
  t.false(heard.watermarks.hasEnded(after, ACME));
  const restarted = new Heard().hear("1h", AHEAD);
  t.true(restarted.watermarks.hasEnded(before, ACME), "at any replica, and after a restart");
  t.false(restarted.watermarks.hasEnded(after, ACME));
});

test("the next change ends those who know of a watermark in the future, whatever the clock says by then", (t) => {
  const heard = new Heard().hear("1h", AHEAD);
  heard.now += MINUTE;
  const session = heard.begin();
  heard.hear("30m", AHEAD);
  t.true(heard.watermarks.hasEnded(session, ACME));
  const next = heard.watermarks.of(ACME);
  t.is(new Date(next).toISOString(), "2026-11-25T11:00:07.000Z", "forward, so that it is kept");
  heard.hear("30m", AHEAD).hear("30m", { maxAge: "30m", endedBefore: new Date(next).toISOString() });
  t.is(heard.watermarks.of(ACME), next, "once for each change, however often it is heard of");
  heard.now += MINUTE;
  t.false(heard.watermarks.hasEnded(heard.begin(), ACME));
});

test("a program whose own clock was ahead takes what it saw for what was so when the clock is right again", (t) => {
  const heard = new Heard();
  heard.now += 24 * HOUR;
  heard.hear("12h").hear("1h");
  t.false(heard.watermarks.hasEnded(heard.begin(), ACME), "by that clock, it begins later");
  heard.now = NOON;
  t.true(heard.ended(1), "what began before");
  const session = heard.begin();
  t.false(heard.watermarks.hasEnded(session, ACME));
  heard.now += MINUTE;
  t.false(heard.watermarks.hasEnded(session, ACME), "and it stays so");
  t.true(heard.ended(1));
});
