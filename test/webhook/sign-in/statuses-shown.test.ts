import test from "ava";
import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import type { Grant, User } from "../../../identity/index.ts";
import { ConflictError, type KubernetesObject, keyOf } from "../../../kubernetes/index.ts";
import type { GroupsClaimStatus } from "../../../webhook/sign-in/groups-claim-condition.ts";
import { StatusReporter, type StatusReporterOptions } from "../../../webhook/sign-in/status-reporter.ts";
import { exactly } from "../../exactly.ts";
import { logLines } from "../../log-lines.ts";
import { organization } from "../../organizations/organization.ts";
import { user } from "../sessions/session-fixtures.ts";

const AT = Date.UTC(2026, 10, 27, 8);
const SOURCE = { issuer: "https://acme.okta.com", clientID: "0oa1", claim: "groups" };
const EVIDENCE = { ...SOURCE, receivedTime: "2026-11-27T08:00:00Z" };
const RECEIVED = {
  type: "GroupsClaimReceived",
  status: "True",
  reason: "Received",
  message: "It comes.",
} as const;

function mapping(name: string, uid = name): OktaRoleMapping {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "team", name, uid, generation: 3 },
    spec: { organizationRef: { name: "acme" }, groups: [], roles: [] },
  };
}

/** A reporter beside caches with these objects, and all that it writes. */
function scene({ failing = [] as Error[] } = {}) {
  const mappings = new Map<string, OktaRoleMapping>();
  const organizations = new Map<string, Organization>();
  for (const one of [mapping("services"), mapping("portals")]) mappings.set(keyOf(one), one);
  const acme = {
    ...organization("team/acme", "acme"),
    metadata: { namespace: "team", name: "acme", uid: "o", generation: 5 },
  };
  organizations.set("team/acme", acme);
  const written: { name: string; status: object; owned: object; options: object }[] = [];
  const observed: string[] = [];
  const { log, lines } = logLines();
  let coalesced = 0;
  const status: StatusReporterOptions["status"] = {
    apply: async <T extends KubernetesObject>(
      _type: unknown,
      object: T,
      desired: object,
      owned: object = {},
      options: object = {},
    ) => {
      const failure = failing.shift();
      if (failure) throw failure;
      written.push({ name: object.metadata.name ?? "", status: desired, owned, options });
      return object.metadata.name === "portals" ? undefined : object;
    },
  };
  const reporter = new StatusReporter({
    mappings: {
      get: (key) => mappings.get(key),
      observe: ({ metadata }) => void observed.push(metadata.name ?? ""),
    },
    organizations: {
      get: (key) => organizations.get(key),
      observe: ({ metadata }) => void observed.push(metadata.name ?? ""),
    },
    status,
    log,
    onCoalesced: () => {
      coalesced++;
    },
  });
  return { reporter, mappings, organizations, acme, written, observed, lines, coalesced: () => coalesced };
}

function holding(grants: Grant[], more: Partial<User> = {}): User {
  const access = { active: true, grants, groups: [], reason: "MappedGroup" as const, message: "" };
  return user("team/acme-ada", { email: "ada@acme.example", access, ...more });
}

function messages(written: { name: string; status: object }[]): [string, string | undefined][] {
  return written.map(({ name, status }) => {
    const { conditions } = status as { conditions: { message: string }[] };
    return [name, conditions[0]?.message];
  });
}

test("each mapping is told who has signed in and what they hold by it", async (t) => {
  const { reporter, written, observed, lines } = scene();
  reporter.signedIn(
    holding([
      { role: "b", mapping: "services", group: "g" },
      { role: "a", mapping: "portals", group: "g" },
      { role: "a", mapping: "services", group: "g" },
      { role: "c", mapping: "services", group: "h" },
      { role: "local" },
      { role: "a", mapping: "gone", group: "g" },
    ]),
    AT,
  );
  await reporter.flush();
  t.deepEqual(messages(written).toSorted(), [
    ["portals", "ada@acme.example signed in at 2026-11-27T08:00:00Z and holds a."],
    ["services", "ada@acme.example signed in at 2026-11-27T08:00:00Z and holds a, b and c."],
  ]);
  const services = written.find(({ name }) => name === "services");
  t.like(services, {
    status: { conditions: exactly({ type: "UsersProvisioned", status: "True", reason: "SignedIn" }) },
    owned: { fields: [], conditionTypes: exactly("UsersProvisioned") },
    options: { generation: 3 },
  });
  t.deepEqual(observed, ["services"], "what wasn't written is no news");
  t.deepEqual(lines, []);
});

test("two roles are told as two", async (t) => {
  const { reporter, written } = scene();
  const grants = ["b", "a"].map((role) => ({ role, mapping: "services", group: "g" }));
  reporter.signedIn(holding(grants), AT);
  await reporter.flush();
  t.regex(messages(written)[0]?.[1] ?? "", /holds a and b\.$/);
});

test("people are named as well as they are known, in one line", async (t) => {
  const { email: _, ...nameless } = holding([{ role: "a", mapping: "services", group: "g" }]);
  for (const [who, named] of [
    [{ email: "ada@acme.example", name: "Ada\nB." }, "ada@acme.example"],
    [{ name: "Ada\nB." }, "Ada B."],
    [{}, "team/acme-ada"],
  ] as const) {
    const { reporter, written } = scene();
    reporter.signedIn({ ...nameless, ...who }, AT);
    await reporter.flush();
    t.is(messages(written)[0]?.[1], `${named} signed in at 2026-11-27T08:00:00Z and holds a.`);
  }
});

test("who holds nothing is told of at no mapping", async (t) => {
  const { reporter, written } = scene();
  const { access: _, ...bare } = holding([]);
  reporter.signedIn(bare, AT);
  reporter.signedIn(holding([]), AT);
  await reporter.flush();
  t.deepEqual(written, []);
});

test("an account that couldn't be written is told of at the mappings that would have given something, with the reason", async (t) => {
  const identity = {
    issuer: "https://acme.okta.com",
    subject: "00u1",
    emailVerified: true,
    groups: [],
    groupsFrom: "Claim" as const,
  };
  const grants = [{ role: "a", mapping: "services", group: "g" }];
  for (const [who, error, message] of [
    [
      { email: "ada@acme.example" },
      new Error("It is away."),
      "ada@acme.example could not be written at 2026-11-27T08:00:00Z: It is away.",
    ],
    [
      { name: "Ada" },
      new Error("Refused.", { cause: new Error("a\nreason") }),
      "Ada could not be written at 2026-11-27T08:00:00Z: Refused. a reason",
    ],
    [
      {},
      new Error("Refused.", { cause: "odd" }),
      "00u1 could not be written at 2026-11-27T08:00:00Z: Refused.",
    ],
  ] as const) {
    const { reporter, written } = scene();
    reporter.failed("team/acme", { ...identity, ...who }, grants, error, AT);
    await reporter.flush();
    t.deepEqual(messages(written), [["services", `The account of ${message}`]]);
    t.like(written[0]?.status, {
      conditions: exactly({ type: "UsersProvisioned", status: "False", reason: "StoreUnavailable" }),
    });
  }
});

test("an organization is told what was seen of its groups claim, and what that was about", async (t) => {
  const { reporter, acme, written, observed } = scene();
  reporter.groupsClaim(acme, { condition: RECEIVED, evidence: EVIDENCE, checked: SOURCE });
  await reporter.flush();
  t.deepEqual(written, [
    {
      name: "acme",
      status: { conditions: [RECEIVED], groupsClaimChecked: SOURCE, groupsClaim: EVIDENCE },
      owned: { fields: ["groupsClaim", "groupsClaimChecked"], conditionTypes: ["GroupsClaimReceived"] },
      options: { generation: 5, onlyIfUnchanged: false },
    },
  ]);
  t.deepEqual(observed, ["acme"]);
  const without = scene();
  without.reporter.groupsClaim(acme, { condition: RECEIVED, evidence: undefined, checked: SOURCE });
  await without.reporter.flush();
  t.false("groupsClaim" in (without.written[0]?.status ?? {}));
});

test("whoever didn't know that the claim has been received says nothing against somebody who has received it since", async (t) => {
  const conflict = new ConflictError("It was written.", { status: 409, reason: "Conflict" });
  const { reporter, acme, organizations, written, lines } = scene({ failing: [conflict] });
  const missing = { ...RECEIVED, status: "False", reason: "ClaimNotSetUp" } as const;
  reporter.groupsClaim(acme, { condition: missing, evidence: undefined, checked: SOURCE });
  await new Promise(setImmediate);
  t.deepEqual([lines, written], [[], []], "somebody else's write is about to be heard of");
  const issuedBefore = { ...EVIDENCE, issuer: "https://former.okta.com" };
  organizations.set("team/acme", { ...acme, status: { groupsClaim: issuedBefore } });
  await reporter.flush();
  t.like(written, exactly({ options: { generation: 5, onlyIfUnchanged: true } }));

  organizations.set("team/acme", { ...acme, status: { groupsClaim: EVIDENCE } });
  for (const evidence of [undefined, issuedBefore]) {
    reporter.groupsClaim(acme, { condition: missing, evidence, checked: SOURCE });
    await reporter.flush();
  }
  t.is(written.length, 1);
  reporter.groupsClaim(acme, { condition: missing, evidence: EVIDENCE, checked: SOURCE });
  await reporter.flush();
  t.is(written.length, 2, "it was known");
});

test("somebody's claim that waits to be written isn't overtaken by who knew nothing of it", async (t) => {
  const missing = { ...RECEIVED, status: "False", reason: "ClaimNotSetUp" } as const;
  const nothing = { condition: missing, evidence: undefined, checked: SOURCE };
  const received = { condition: RECEIVED, evidence: EVIDENCE, checked: SOURCE };
  /** The reason that is written last. */
  const after = async (...claims: GroupsClaimStatus[]): Promise<string | undefined> => {
    const { reporter, acme, written } = scene();
    for (const claim of claims) reporter.groupsClaim(acme, claim);
    await reporter.flush();
    const { conditions = [] } = (written.at(-1)?.status ?? {}) as { conditions?: { reason: string }[] };
    return conditions[0]?.reason;
  };
  t.is(await after(nothing, received, nothing), "Received");
  t.is(await after(received, nothing, received), "Received");
  t.is(await after(nothing, received, { ...nothing, evidence: EVIDENCE }), "ClaimNotSetUp", "it was known");
  const former = { ...EVIDENCE, clientID: "0oa2" };
  t.is(
    await after(nothing, { ...received, evidence: former }, nothing),
    "ClaimNotSetUp",
    "of another client",
  );
});

/** What is written of something that was seen a moment before this was done to what it was seen of. */
async function writtenAfter(change: (scene: ReturnType<typeof shown>) => void): Promise<string[]> {
  const one = shown();
  change(one);
  await one.reporter.flush();
  return one.written.map(({ name }) => name).toSorted();
}

/** Written once already, so that the next rests for a second. */
function shown() {
  const one = scene();
  const grants = [{ role: "a", mapping: "services", group: "g" }];
  const see = (): void => {
    one.reporter.signedIn(holding(grants), AT);
    one.reporter.groupsClaim(one.acme, { condition: RECEIVED, evidence: EVIDENCE, checked: SOURCE });
  };
  see();
  see();
  return one;
}

test("what was seen of something that is gone, or is another by now, isn't written", async (t) => {
  t.deepEqual(await writtenAfter(() => {}), ["acme", "acme", "services", "services"]);
  t.deepEqual(
    await writtenAfter(({ mappings, organizations }) => {
      mappings.clear();
      organizations.clear();
    }),
    ["acme", "services"],
    "the first was under way",
  );
  t.deepEqual(
    await writtenAfter(({ mappings, organizations, acme }) => {
      mappings.set("team/services", mapping("services", "another"));
      organizations.set("team/acme", { ...acme, metadata: { ...acme.metadata, uid: "another" } });
    }),
    ["acme", "services"],
  );
  t.deepEqual(
    await writtenAfter(({ organizations, acme }) => {
      const { spec } = acme;
      organizations.set("team/acme", {
        ...acme,
        spec: { ...spec, okta: { ...spec.okta, clientID: "0oa2" } },
      });
    }),
    ["acme", "services", "services"],
    "what was seen was of another client",
  );
});

test("of what is seen faster than it is written the last counts; a failure is logged and tried again", async (t) => {
  const one = shown();
  for (let i = 0; i < 3; i++)
    one.reporter.signedIn(holding([{ role: `r${i}`, mapping: "services", group: "g" }]), AT);
  await one.reporter.flush();
  t.is(one.coalesced(), 3);
  t.regex(messages(one.written.filter(({ name }) => name === "services")).at(-1)?.[1] ?? "", /holds r2\.$/);

  const failing = scene({ failing: [new Error("It is away.")] });
  failing.reporter.signedIn(holding([{ role: "a", mapping: "services", group: "g" }]), AT);
  await new Promise(setImmediate);
  t.like(failing.lines, exactly({ level: 40, key: "team/services", err: { message: "It is away." } }));
  t.deepEqual(failing.written, []);
  await failing.reporter.flush();
  t.regex(messages(failing.written)[0]?.[1] ?? "", /holds a\.$/);
});
