import test, { type ExecutionContext } from "ava";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { Registry } from "prom-client";
import { Admissions } from "../../../webhook/door/admissions.ts";
import { type Admitted, Verdicts } from "../../../webhook/door/verdicts.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { newKey, type StoredKey } from "../../../webhook/sessions/stored-keys.ts";
import { organization } from "../../organizations/organization.ts";
import { user } from "../sessions/session-fixtures.ts";

const START = 1_800_000_000_000;
const HOST = "login.example.com";

/** Answers to one replica's proxies. */
function scene({ stored = [newKey(1)], remembered }: { stored?: StoredKey[]; remembered?: number } = {}) {
  const clock = { now: START };
  let ring = ringOf(stored);
  const admissions = new Admissions({
    keys: { assertionKeys: () => ring.assertionKeys(clock.now) },
    metrics: new WebhookMetrics(new Registry()),
    issuer: `https://${HOST}`,
    now: () => clock.now,
    ...(remembered === undefined ? {} : { remembered }),
  });
  return {
    clock,
    use: (keys: StoredKey[]) => {
      ring = ringOf(keys);
    },
    assertion: (who: Admitted, host = HOST) =>
      String(admissions.of(who, host).headers["X-Auth-Request-Assertion"]),
    bytes: (who: Admitted) =>
      Object.entries(admissions.of(who, HOST).headers).reduce(
        (sum, [name, value]) => sum + Buffer.byteLength(`${name}: ${value}\r\n`),
        0,
      ),
  };
}

function ringOf([oldest, ...younger]: StoredKey[]): KeyRing {
  if (!oldest) throw new Error("no key");
  return new KeyRing([oldest, ...younger], 0);
}

interface Holding {
  readonly roles?: readonly string[];
  readonly email?: string;
  readonly name?: string;
  readonly key?: string;
  readonly expiresAt?: number;
}

/** Somebody who may come in. */
function admitted(
  t: ExecutionContext,
  { roles = [], expiresAt = START + 3_600_000, ...rest }: Holding = {},
): Admitted {
  const key = rest.key ?? "team/acme";
  const grants = roles.map((role) => ({ role, mapping: "m", group: "g" }));
  const who = user(`${key}-ada`, {
    organization: key,
    ...(rest.email === undefined ? {} : { email: rest.email }),
    ...(rest.name === undefined ? {} : { name: rest.name }),
    access: { active: true, grants, groups: [], reason: "MappedGroup", message: "" },
  });
  const session = {
    id: "s",
    user: who.ref,
    userID: who.uid,
    epoch: 0,
    organizationID: key,
    issuedAt: START,
    expiresAt,
  };
  const place = organization(key, "acme", { uid: key });
  const check = { kind: "signed-in", session, user: who, organization: place, expiresAt } as const;
  const verdict = new Verdicts(() => place).of(check, { kind: "requirement", roles: [], anyRoles: [] });
  if (verdict.kind !== "admitted") throw t.fail(verdict.kind);
  return verdict;
}

test("it is signed once in half a minute, and good for another half", (t) => {
  const { clock, assertion } = scene();
  const ada = admitted(t);
  const first = assertion(ada);
  t.is(decodeJwt(first).exp, START / 1000 + 60);
  clock.now += 29_999;
  t.is(assertion(ada), first);
  clock.now += 1;
  const second = assertion(ada);
  t.not(second, first);
  t.is(decodeJwt(second).iat, START / 1000 + 30);
  clock.now -= 120_000;
  t.is(decodeJwt(assertion(ada)).iat, START / 1000 - 90, "a clock that is put back doesn't keep it");
});

test("it ends with the session", (t) => {
  const { assertion } = scene();
  t.is(decodeJwt(assertion(admitted(t, { expiresAt: START + 10_000 }))).exp, START / 1000 + 10);
});

test("it is for one organization at one host: another's has another", (t) => {
  const { assertion } = scene();
  const ada = admitted(t);
  t.is(decodeJwt(assertion(ada)).aud, "team/acme@login.example.com");
  t.is(decodeJwt(assertion(ada, "app.example.com")).aud, "team/acme@app.example.com");
  const [here, there] = [assertion(ada), assertion(ada, "app.example.com")];
  t.not(here, there);
  for (let i = 0; i < 2; i++) {
    t.is(assertion(ada), here, "taking turns");
    t.is(assertion(ada, "app.example.com"), there);
  }
  t.is(decodeJwt(assertion(admitted(t, { key: "team/beta" }))).aud, "team/beta@login.example.com");
});

test("names that aren't ASCII are told as they are", (t) => {
  const { assertion } = scene();
  const who = { email: "jörg@acme.example", name: "Jörg 山 Ω" };
  t.like(decodeJwt(assertion(admitted(t, who))), who);
});

test("what doesn't fit isn't told, and never a part of it", (t) => {
  const { assertion, bytes } = scene();
  const roles = (count: number, length: number) =>
    Array.from({ length: count }, (_, i) => `${i}`.padEnd(length, "r"));
  const long = { name: "n".repeat(2_000), email: `${"e".repeat(200)}@acme.example` };
  const key = `${"n".repeat(63)}/${"o".repeat(63)}`;
  for (const count of [0, 1, 12, 40, 128, 500])
    for (const length of [4, 15, 63])
      for (const who of [{}, long, { ...long, key }]) {
        const all = roles(count, length);
        const one = admitted(t, { ...who, roles: all });
        t.true(bytes(one) < 2_900, `${bytes(one)} bytes`);
        const claims = decodeJwt(assertion(one));
        t.deepEqual(claims.roles, claims.roles_omitted === undefined ? all : []);
        t.is(claims.roles_omitted ?? count, count);
      }
  const usual = { roles: roles(40, 15), email: "ada@acme.example", name: "Ada Tester" };
  t.like(decodeJwt(assertion(admitted(t, usual))), usual, "40 roles with names as service-admin fit");
});

test("a new key is published before it signs, and the one before it afterwards", (t) => {
  const old = { ...newKey(1), createdAt: START - 86_400_000 };
  const older = { ...newKey(1), createdAt: START - 2 * 86_400_000 };
  const { clock, use, assertion } = scene({ stored: [older, old] });
  const kid = () => decodeProtectedHeader(assertion(admitted(t))).kid;
  t.is(kid(), old.id);
  const added = newKey(START);
  const all = [older, old, added];
  use(all);
  const published = () =>
    ringOf(all)
      .assertionKeys(clock.now)
      .published.map(({ id }) => id);
  t.is(kid(), old.id);
  t.deepEqual(published(), [older.id, old.id, added.id]);
  clock.now += 14 * 60_000;
  t.is(kid(), old.id, "there may be applications that haven't read it");
  clock.now += 60_000;
  t.is(kid(), added.id);
  t.deepEqual(published(), [old.id, added.id]);
});

test("a crowd of one organization doesn't make another's be signed for each request", (t) => {
  const { assertion } = scene({ remembered: 50 });
  const ada = admitted(t);
  const first = assertion(ada);
  for (let i = 0; i < 200; i++) assertion(admitted(t, { key: "team/crowd" }));
  t.is(assertion(ada), first);
});

test("where a name doesn't fit beside the roles, the roles are told", (t) => {
  const { assertion } = scene();
  const claims = decodeJwt(assertion(admitted(t, { roles: ["a"], name: "n".repeat(2_000), email: "a@b.c" })));
  t.deepEqual([claims.roles, claims.name, claims.email], [["a"], undefined, undefined]);
  t.false("roles_omitted" in claims);
});

test("no more are remembered than there may be: who isn't is signed for anew", (t) => {
  const { assertion } = scene({ remembered: 1 });
  const [ada, ben] = [admitted(t), admitted(t)];
  const first = assertion(ada);
  t.is(assertion(ada), first);
  const second = assertion(ben);
  t.is(assertion(ben), second);
  t.not(assertion(ada), first);
});
