import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { Requirement } from "../../../webhook/door/requirement.ts";
import { Verdicts } from "../../../webhook/door/verdicts.ts";
import type { SignedInSession } from "../../../webhook/sessions/session-judgement.ts";
import { organization } from "../../organizations/organization.ts";
import { user } from "../sessions/session-fixtures.ts";

const acme = organization("team/acme", "acme");
const session = {
  id: "s",
  user: "team/acme-ada",
  userID: "u",
  epoch: 0,
  organizationID: "team/acme",
  issuedAt: 0,
  expiresAt: 60_000,
};

function holding(...roles: string[]): SignedInSession {
  const grants = roles.map((role) => ({ role, mapping: "m", group: "g" }));
  const access = { active: true, grants, groups: [], reason: "MappedGroup" as const, message: "" };
  const ada = user("team/acme-ada", { email: "ada@acme.example", access });
  return { kind: "signed-in", session, user: ada, organization: acme, expiresAt: 50_000 };
}

function requiring(more: Partial<Requirement> = {}): Requirement {
  return { kind: "requirement", roles: [], anyRoles: [], ...more };
}

const known = (key: string): Organization | undefined => (key === "team/acme" ? acme : undefined);
const verdicts = new Verdicts(known);

test("who holds every role that is required, and one of those of which one is enough, may come in", (t) => {
  const cases: [held: string[], required: Partial<Requirement>, missing: object | undefined][] = [
    [[], {}, undefined],
    [["a", "b"], { roles: ["a", "b"] }, undefined],
    [["a", "b"], { roles: ["b"], anyRoles: ["x", "a"] }, undefined],
    [["a"], { anyRoles: ["a"] }, undefined],
    [["a"], { roles: ["a", "b", "c"] }, { roles: ["b", "c"] }],
    [["a"], { anyRoles: ["b", "c"] }, { anyRole: ["b", "c"] }],
    [["a"], { roles: ["a"], anyRoles: ["b"] }, { anyRole: ["b"] }],
    [["b"], { roles: ["a"], anyRoles: ["b"] }, { roles: ["a"] }],
    [[], { roles: ["a"], anyRoles: ["b"] }, { roles: ["a"], anyRole: ["b"] }],
  ];
  for (const [held, required, missing] of cases) {
    const verdict = new Verdicts(known).of(
      holding(...held),
      requiring({ organization: "team/acme", ...required }),
    );
    const what = `${held} for ${JSON.stringify(required)}`;
    if (missing === undefined) t.is(verdict.kind, "admitted", what);
    else t.deepEqual(verdict, { kind: "forbidden", missing, organization: acme, isLocal: false }, what);
  }
});

test("of whoever lacks something it is known whether Okta's groups could give it to them", (t) => {
  const check = holding("a");
  const requires = requiring({ organization: "team/acme", roles: ["b"] });
  for (const source of ["Okta", "Local"] as const) {
    const verdict = verdicts.of({ ...check, user: { ...check.user, source } }, requires);
    t.is(verdict.kind === "forbidden" && verdict.isLocal, source === "Local");
  }
});

test("who may come in is told of as they are known here, each role once", (t) => {
  const verdict = verdicts.of(holding("a", "b", "a"), requiring());
  if (verdict.kind !== "admitted") return t.fail(verdict.kind);
  t.deepEqual([...verdict.held], ["a", "b"]);
  t.is(verdict.roles.length, 3, "and each of its causes");
  t.is(verdict.expiresAt, 50_000);
  t.like(verdict.headers, {
    "X-Auth-Request-User": "team/acme-ada",
    "X-Auth-Request-Email": "ada@acme.example",
    "X-Auth-Request-Organization": "team/acme",
    "X-Auth-Request-Roles": "a,b",
  });
});

test("it is the same for as long as session, account and organization are, and another when one of them is", (t) => {
  const check = holding("a");
  const first = verdicts.of(check, requiring());
  t.is(verdicts.of({ ...check }, requiring()), first);
  const edited = verdicts.of({ ...check, organization: { ...acme } }, requiring());
  t.not(edited, first);
  t.not(verdicts.of(check, requiring()), edited);
  const changed = verdicts.of({ ...check, user: holding("b").user }, requiring());
  t.deepEqual(changed.kind === "admitted" && [...changed.held], ["b"]);
});

test("an organization that isn't there is told as that, whoever asks, unless nobody can say so", (t) => {
  const gone = requiring({ organization: "team/gone" });
  const missing = { organization: "team/gone" };
  const forbidden = { kind: "forbidden", missing, organization: undefined, isLocal: false };
  t.deepEqual(verdicts.of(holding("a"), gone), forbidden);
  t.deepEqual(verdicts.of({ kind: "refused", reason: "no-session", clear: [] }, gone), forbidden);
  const stale = { kind: "stale", namespace: "team" } as const;
  t.deepEqual(verdicts.of(stale, gone), stale);
});

test("who is refused is led to the organization that was asked for, and to none where none was", (t) => {
  const refused = { kind: "refused", reason: "session-expired", clear: [] } as const;
  const { reason } = refused;
  t.deepEqual(verdicts.of(refused, requiring({ organization: "team/acme" })), {
    kind: "refused",
    reason,
    organization: acme,
  });
  t.deepEqual(verdicts.of(refused, requiring()), { kind: "refused", reason, organization: undefined });
  const stale = { kind: "stale", namespace: "team" } as const;
  t.deepEqual(verdicts.of(stale, requiring({ organization: "team/acme" })), stale);
});
