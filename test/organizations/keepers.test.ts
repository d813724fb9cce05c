import test from "ava";
import type { Organization } from "../../crds/types.ts";
import type { Change } from "../../kubernetes/index.ts";
import { type Keepers, releaseName } from "../../organizations/keepers.ts";
import { organization } from "./organization.ts";
import { toldKeepers } from "./told-keepers.ts";

const US = releaseName("ops", "us");
const THEM = releaseName("ops", "them");
const patience = {
  takeOverMs: 60,
  settleMs: 5,
  undoneMs: 30,
  retry: { baseMs: 1_000, maxMs: 8_000 },
  contestedMs: 900,
};

/** What a release sees of an organization, and what it makes of that. */
class Seen {
  now = 1_000;
  readonly keepers: Keepers;
  readonly acme: Organization;
  readonly #tell: (change: Change<Organization>) => void;

  constructor(...names: (string | undefined)[]) {
    this.acme = organization("team/acme", "acme", { uid: "u1" });
    const { keepers, tell } = toldKeepers({ release: US, patience, now: () => this.now });
    this.keepers = keepers;
    this.#tell = tell;
    for (const name of names) this.named(name);
  }

  /** This name stands in its status now. */
  named(controller: string | undefined, of = this.acme): this {
    const object = controller === undefined ? of : { ...of, status: { controller } };
    this.#tell({ kind: "added", key: "team/acme", object });
    return this;
  }

  deleted(): this {
    this.#tell({ kind: "deleted", key: "team/acme", object: this.acme });
    return this;
  }

  get answers() {
    const { keepers, acme } = this;
    return {
      isOurs: keepers.isOurs(acme),
      untilOursMs: keepers.untilOursMs(acme),
      untilDueMs: keepers.untilDueMs(acme),
      isOthers: keepers.isOthers(acme),
    };
  }
}

const NOBODYS = { isOurs: false, untilOursMs: undefined, untilDueMs: undefined, isOthers: false };
const OURS = { ...NOBODYS, isOurs: true, untilOursMs: 0 };

test("an organization is nobody's until a name stands in it, and nobody's again without one", (t) => {
  const seen = new Seen();
  t.deepEqual(seen.answers, NOBODYS);
  t.deepEqual(seen.named(undefined).answers, NOBODYS);
  t.deepEqual(seen.named(US).answers, OURS);
  t.is(seen.keepers.tenureOf(seen.acme)?.kind, "ours");
  t.deepEqual(seen.named(undefined).answers, NOBODYS);
  t.deepEqual(seen.named(THEM).deleted().answers, NOBODYS);
});

test("of two organizations each has its own keeper", (t) => {
  const seen = new Seen(US);
  const beta = organization("team/beta", "beta", { uid: "u2" });
  seen.named(THEM, beta);
  t.true(seen.keepers.isOurs(seen.acme));
  t.false(seen.keepers.isOurs(beta));
  t.true(seen.keepers.isOthers(beta));
});

test("what another release keeps is its own, until ours is due", (t) => {
  const seen = new Seen(THEM);
  t.deepEqual(seen.answers, { ...NOBODYS, isOthers: true, untilDueMs: 60 });
  seen.now += 50;
  t.deepEqual(seen.answers, { ...NOBODYS, isOthers: true, untilDueMs: 10 });
  seen.now += 50;
  t.deepEqual(seen.answers, { ...NOBODYS, isOthers: true, untilDueMs: 0 });
});

test("who takes over writes nothing else for a while", (t) => {
  const seen = new Seen(THEM, US);
  t.deepEqual(seen.answers, { ...NOBODYS, untilOursMs: 5 });
  seen.now += 4;
  t.deepEqual(seen.answers, { ...NOBODYS, untilOursMs: 1 });
  seen.now += 1;
  t.deepEqual(seen.answers, OURS);
  seen.now += 1;
  t.deepEqual(seen.answers, OURS);
});

test("what was taken from us a moment ago is about to be ours again, and it is remembered who has taken it", (t) => {
  const before = Date.now();
  const seen = new Seen(US);
  t.is(seen.keepers.contestOf(seen.acme), undefined);
  seen.named(THEM);
  t.deepEqual(seen.answers, { ...NOBODYS, untilDueMs: 0 });
  seen.now += 29;
  t.false(seen.answers.isOthers);
  seen.now += 1;
  t.true(seen.answers.isOthers, "nobody has taken it back");
  const contest = seen.keepers.contestOf(seen.acme);
  t.is(contest?.by, THEM);
  t.true((contest?.at ?? 0) >= before);
  t.deepEqual(seen.named(US).answers, OURS);
  t.is(seen.keepers.contestOf(seen.acme), contest, "also when it is ours again");
  t.is(seen.deleted().keepers.contestOf(seen.acme), undefined);
});

test("nobody contests what we have taken over and somebody takes back, nor what was always theirs", (t) => {
  const undone = new Seen(THEM, US, THEM);
  t.is(undone.keepers.contestOf(undone.acme), undefined);
  t.true(undone.answers.isOthers);
  const theirs = new Seen(US);
  const first = theirs.named(THEM).keepers.contestOf(theirs.acme);
  theirs.named(releaseName("ops", "third"));
  t.is(theirs.keepers.contestOf(theirs.acme), first, "taken from them, not from us");
});

test("a release is named after the Lease that its programs share", (t) => {
  t.is(releaseName("ops", "lease"), "ops/lease");
});

test("by the time that it is, and a release's usual patience, what another keeps is due later", (t) => {
  const { keepers, tell } = toldKeepers({ release: US });
  const acme = { ...organization("team/acme", "acme"), status: { controller: THEM } };
  tell({ kind: "added", key: "team/acme", object: acme });
  const due = keepers.untilDueMs(acme) ?? 0;
  t.true(due > 0 && due <= 60_000, "a minute, as operations.md says");
});
