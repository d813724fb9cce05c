import test from "ava";
import { noAccess } from "../../identity/access.ts";
import { type Circumstances, type Explained, explain, explainNoAccess } from "../../identity/explain.ts";
import { inWords, noAccessInWords } from "../../identity/explain-in-words.ts";
import type { HeldCause, MappingGap, Obstacle } from "../../identity/explanation.ts";
import type { Identity } from "../../identity/identity.ts";
import type { Mapping } from "../../identity/policy.ts";
import { grantedAccess } from "../../identity/resolve-access.ts";
import type { User } from "../../identity/user.ts";
import { account, identity, local } from "./an-account.ts";
import { BY_ID, by, CATALOGUE, SERVICES, without } from "./explained.ts";

const held = (mapping: string, group: string) =>
  grantedAccess([{ role: "service-admin", mapping, group }], "MappedGroup");

/** What people are told of themselves for more than one reason. */
const IN_NO_GROUP =
  "You are in no Okta group that gives it: ask an administrator of Acme to put you into one.";
const OUT_OF_FORCE =
  "You are in a group that would give it, but its mapping is out of force at present: ask an administrator of Acme " +
  "when that will be over.";
const NOT_RELIED_UPON =
  "Which groups people are in can't be relied upon at Acme at present: ask an administrator of Acme to look at it.";
/** @param how their groups and the mapped ones are to be compared */
const almostOne = (how: string) =>
  "One of your groups is almost one that gives it: ask an administrator of Acme to compare the groups that Okta sends " +
  `for you with the role mappings, ${how}.`;

type Code = (HeldCause | Obstacle | MappingGap)["code"];

/** What is said first of the role service-admin, to an admin and to the person themselves. */
const CASES: readonly [
  code: Code,
  what: string,
  person: Explained,
  circumstances: Circumstances,
  forAdmins: string,
  /** Where it isn't the same. */
  forThemselves?: string,
][] = [
  [
    "MappedGroup",
    "somebody in a mapped group holds its role",
    { user: account() },
    by([SERVICES]),
    'In group "service_admin" of mapping services.',
  ],
  [
    "LocalAccount",
    "a local account holds what people wrote",
    {
      user: local({
        localRoles: ["service-admin"],
        access: {
          active: true,
          grants: [{ role: "service-admin" }],
          groups: [],
          reason: "LocalAccount",
          message: "",
        },
      }),
    },
    by([SERVICES]),
    "Written into the local account by people on the cluster.",
  ],
  [
    "LocalAccount",
    "and nothing that a mapping gives",
    { user: local({ access: noAccess("NoMappedGroup", "") }) },
    by([SERVICES]),
    "A local account: its roles are those that people write into spec.roles of the account.",
    "Your account is a local one: ask an administrator of Acme, whose it is to write its roles.",
  ],
  [
    "MappingPaused",
    "what came from a paused mapping stays",
    { user: account({ groups: [], access: held("services", "service_admin") }) },
    by([{ ...SERVICES, paused: true }]),
    'Kept from group "service_admin" of mapping services: while that is paused, nobody loses what they hold through it.',
  ],
  [
    "MappingPaused",
    "and it gives nothing to who is in its group",
    { user: without([{ name: "service_admin" }]) },
    by([{ ...SERVICES, paused: true }]),
    'In group "service_admin", but mapping services is paused and gives nothing new.',
    OUT_OF_FORCE,
  ],
  [
    "MappingPaused",
    "or isn't",
    { user: without([{ name: "other" }]) },
    by([{ ...SERVICES, paused: true }]),
    "The mapping services is paused and gives nothing new.",
    IN_NO_GROUP,
  ],
  [
    "MappingSuspended",
    "what came from a mapping that names an unknown role stays",
    { user: account({ access: held("services", "service_admin") }) },
    by([{ ...SERVICES, roles: ["service-admin", "tpyo"] }]),
    'In group "service_admin" of mapping services, which names a role that isn\'t in the catalogue: until that is put right it takes nothing.',
  ],
  [
    "MappingSuspended",
    "and it gives nothing new",
    { user: without([{ name: "service_admin" }]) },
    by([{ ...SERVICES, roles: ["service-admin", "tpyo"] }]),
    'In group "service_admin", but mapping services gives nothing until its roles are put right: "tpyo" isn\'t in the catalogue.',
    OUT_OF_FORCE,
  ],
  [
    "MappingSuspended",
    "nor to who is in none of its groups",
    { user: without([{ name: "other" }]) },
    by([{ ...SERVICES, roles: ["service-admin", "tpyo"] }]),
    'The mapping services gives nothing until its roles are put right: "tpyo" isn\'t in the catalogue.',
    IN_NO_GROUP,
  ],
  [
    "NameWithoutID",
    "what a bare name gave through a mapping by id stays until the next sign-in",
    { user: account({ groups: [{ name: "ops" }], access: held("numbered", "ops") }) },
    by([BY_ID]),
    'Kept from group "ops" of mapping numbered, which names the group by its id: the next sign-in shows whether it is that one.',
  ],
  [
    "NameWithoutID",
    "and gives nothing to anybody else",
    { user: without([{ name: "old ops" }]) },
    by([BY_ID]),
    'Near miss: "old ops" was received without an id, and mapping numbered names a group of that name by its id "00g1"; a name is no evidence of it.',
    almostOne("by their ids"),
  ],
  [
    "OtherGroupOfName",
    "another group of the same name isn't the one that is named by id",
    { user: without([{ name: "ops", id: "00g2" }], { groupsFrom: "Directory" }) },
    by([BY_ID]),
    'Near miss: "ops" was received with the id "00g2", and mapping numbered names another group of that name, "00g1".',
    almostOne("by their ids"),
  ],
  [
    "NameDiffers",
    "a name that differs by case is a near miss",
    { user: without([{ name: "Service_Admin" }]) },
    by([SERVICES]),
    'Near miss: "Service_Admin" was received, and mapping services names "service_admin"; group names match exactly.',
    almostOne("letter by letter"),
  ],
  [
    "NameDiffers",
    "one that differs by what can't be seen says by what",
    { user: without([{ name: "service_admin " }]) },
    by([SERVICES]),
    'Near miss: "service_admin " was received, and mapping services names "service_admin" (they differ by a space at the end); group names match exactly.',
    almostOne("letter by letter"),
  ],
  [
    "NotInGroups",
    "who is in no group of a mapping is told which it has, if they may know",
    { user: without([{ name: "Everyone" }]) },
    by([{ ...SERVICES, groups: [{ name: "a" }, { id: "00g9" }, { id: "00g1", currentName: "ops" }] }]),
    'In no group of mapping services, which names "a", "00g9", "ops".',
    IN_NO_GROUP,
  ],
  [
    "NotActiveInOkta",
    "whoever is suspended in Okta holds nothing, whatever groups they are in",
    { user: without([{ name: "service_admin" }], { oktaStatus: "SUSPENDED" }) },
    by([SERVICES]),
    'Okta reports the status "SUSPENDED": such people hold nothing, whatever groups they are in.',
    'Okta reports the status "SUSPENDED" for you: ask whoever manages Okta at Acme.',
  ],
  [
    "IssuerChanged",
    "an account of a former issuer",
    { user: without([{ name: "service_admin" }], { issuer: "https://old.okta.com" }) },
    by([SERVICES]),
    "The account is of the issuer https://old.okta.com, which is no longer the organization's: the person has another account as soon as they sign in.",
    "Your account is of an Okta that Acme no longer uses: sign in again.",
  ],
  [
    "OrganizationPaused",
    "nobody gets anything while the organization is paused",
    { user: without([{ name: "service_admin" }]) },
    by([SERVICES], { paused: true }),
    "Changes of access are paused in this organization: nobody gets anything new until that is over.",
    "Changes of access are paused at Acme: ask an administrator of Acme when that will be over.",
  ],
  [
    "OrganizationPaused",
    "and nobody loses anything",
    { user: account({ groups: [] }) },
    by([SERVICES], { paused: true }),
    'Kept from group "service_admin" of mapping services: changes of access are paused in this organization.',
  ],
  [
    "DeactivationHeld",
    "what is held stays until somebody approves that it is taken",
    { user: account() },
    by([], { held: true }),
    'Kept from group "service_admin" of mapping services: that it is taken waits for somebody\'s approval.',
  ],
  [
    "DeactivationHeld",
    "also where another issuer is what takes it: groups of a former one give nothing",
    { user: account() },
    by([SERVICES], { held: true, issuer: "https://new.okta.com" }),
    'Kept from group "service_admin" of mapping services: that it is taken waits for somebody\'s approval.',
  ],
  [
    "NotTakenYet",
    "what nothing gives any more goes within seconds",
    { user: account() },
    by([]),
    'Nothing gives it any more; it came from group "service_admin" of mapping services. It goes within seconds.',
  ],
  [
    "NotAppliedYet",
    "what is given is stored within seconds",
    { user: without([{ name: "service_admin" }]) },
    by([SERVICES]),
    "It is given, and will be stored within seconds.",
    "It is given to you, and will be there within seconds.",
  ],
  [
    "OrganizationNotFound",
    "without the organization there is nothing",
    { user: without([{ name: "service_admin" }]) },
    { inForce: undefined },
    "The organization does not exist.",
    "The organization does not exist any more.",
  ],
  [
    "NoMapping",
    "a role that no mapping gives",
    { user: without([{ name: "service_admin" }]) },
    by([]),
    "No mapping gives it.",
    IN_NO_GROUP,
  ],
  [
    "NoAccount",
    "somebody who was never let in: which groups they have isn't known",
    {},
    by([SERVICES]),
    "No account: one is made when somebody signs in with a group that gives a role.",
    IN_NO_GROUP,
  ],
  [
    "ClaimMissing",
    "a sign-in without the claim meant no groups",
    { user: without([], { groupsFrom: "MissingClaim" }) },
    by([SERVICES]),
    "A sign-in brought no groups claim, which means no groups.",
    "Okta sent no list of your groups with a sign-in of yours, which means none: ask an administrator of Acme to look at the groups claim.",
  ],
  [
    "ListMayBeCut",
    "a list that Okta may have cut short",
    { user: without(Array.from({ length: 100 }, (_, i) => ({ name: `g${i}` }))) },
    by([SERVICES]),
    "The groups claim brought so many groups that Okta may have cut the list short: a group that is missing in it may be there.",
    "You are in so many groups that Okta may not have sent all of them: ask an administrator of Acme whether one is missing.",
  ],
  ...(
    [
      ["ClaimInvalid", "The groups claim can't be read: see GroupsClaimReceived of Acme."],
      ["ClaimNotSetUp", "Okta has never sent the groups claim: see GroupsClaimReceived of Acme."],
      [
        "ClaimLost",
        "The groups claim was lost: sign-ins without it are refused; see GroupsClaimReceived of Acme.",
      ],
      ["DirectoryUnavailable", "The directory can't be read: see DirectoryReachable of Acme."],
      [
        "TooManyGroups",
        "Okta may cut lists of groups short, and sign-ins that would lose by it are refused: see GroupsClaimReceived of Acme.",
      ],
    ] as const
  ).map(([claim, forAdmins]): (typeof CASES)[number] => [
    claim,
    "whose groups can't be relied upon",
    { user: without([{ name: "Everyone" }]) },
    { ...by([SERVICES]), claim },
    forAdmins,
    NOT_RELIED_UPON,
  ]),
];

for (const [code, what, person, circumstances, forAdmins, forThemselves = forAdmins] of CASES) {
  test(`${code}: ${what}`, (t) => {
    const explanation = explain(person, circumstances, ["service-admin"]);
    const told = (audience: "admin" | "self") => inWords(explanation, { audience, organization: "Acme" })[0];
    const reason = told("admin")?.reasons.find((each) => each.code === code);
    t.is(reason?.sentence, forAdmins);
    t.is(told("self")?.reasons[0]?.sentence, forThemselves);
    t.regex(told("admin")?.summary ?? "", /^(Holds|Doesn't hold) (Service Admin|service-admin)\. /);
    t.regex(told("self")?.summary ?? "", /^You (don't )?hold (Service Admin|service-admin)\. /);
    t.deepEqual(JSON.parse(JSON.stringify(explanation)), explanation, "it can be sent");
  });
}

test("RoleUnknown: a role that isn't in the catalogue is explained, too", (t) => {
  const explanation = explain({ user: account() }, by([SERVICES]), ["tpyo"]);
  t.like(explanation.roles[0], { role: "tpyo", holds: false, obstacles: [{ code: "RoleUnknown" }] });
  const [told] = inWords(explanation, { audience: "self", organization: "Acme" });
  t.is(told?.summary, "You don't hold tpyo. Acme has no such role.");
});

test("InGroup: who is in a mapped group all the same is told by what it is hindered", (t) => {
  const suspended = { user: without([{ name: "service_admin" }], { oktaStatus: "SUSPENDED" }) };
  const [told] = inWords(explain(suspended, by([SERVICES]), ["service-admin"]), {
    audience: "admin",
    organization: "Acme",
  });
  t.deepEqual(
    told?.reasons.map(({ code }) => code),
    ["NotActiveInOkta", "InGroup"],
  );
  t.is(told?.reasons[1]?.sentence, 'In group "service_admin" of mapping services.');
});

test("a summary for admins ends with what was received and from where", (t) => {
  const summary = (user: User) =>
    inWords(explain({ user }, by([SERVICES]), ["service-admin"]), {
      audience: "admin",
      organization: "Acme",
    })[0]?.summary;
  t.is(
    summary(without([{ name: "web" }, { name: "Everyone" }], { groupsFrom: "Directory" })),
    'Doesn\'t hold Service Admin. In no group of mapping services, which names "service_admin". ' +
      'Last received groups: "Everyone", "web" (from the directory).',
  );
  t.regex(summary(without([])) ?? "", /Last received groups: none \(from the groups claim\)\.$/);
});

test("nobody learns from their own explanation which mappings and groups would do, or how many", (t) => {
  const secret = "top-secret";
  const mappings = ["m1", "m2"].map((name) => ({
    name: `${secret}-${name}`,
    groups: [{ name: `${secret}-group` }, { name: `${secret}-Other` }, { id: secret, currentName: "ops" }],
    roles: ["service-admin"],
  }));
  for (const rules of [
    mappings,
    mappings.map((mapping) => ({ ...mapping, paused: true as const })),
    mappings.map((mapping) => ({ ...mapping, roles: ["service-admin", secret] })),
  ]) {
    for (const groups of [
      [],
      [{ name: "TOP-secret-group" }],
      [{ name: "ops" }],
      [{ name: "ops", id: "1" }],
    ]) {
      const person = { user: without(groups) };
      const all = (mappings: readonly Mapping[]) => ({
        told: inWords(explain(person, by(mappings)), { audience: "self", organization: "Acme" }),
        refusal: noAccessInWords(explainNoAccess(person, by(mappings)), "Acme"),
      });
      t.false(JSON.stringify(all(rules)).includes(secret));
      t.is(all(rules).told.length, CATALOGUE.length);
      t.deepEqual(all(rules), all(rules.slice(0, 1)), "one mapping and two are told alike");
    }
  }
});

test("whoever is refused altogether is told the most telling reason, with or without an account", (t) => {
  const reasons = (person: Explained, rules: readonly Mapping[]) =>
    noAccessInWords(explainNoAccess(person, by(rules)), "Acme");
  const near: Identity = identity("Service_Admin");
  for (const person of [{ identity: near }, { user: without(near.groups), identity: near }])
    t.like(reasons(person, [SERVICES]), [{ code: "NameDiffers" }]);
  t.like(reasons({ identity: identity("service_admin", "Service_Admin") }, [{ ...SERVICES, paused: true }]), [
    { code: "MappingPaused" },
  ]);
  t.deepEqual(reasons({ identity: identity("Everyone") }, [SERVICES]), [
    {
      code: "NotInGroups",
      sentence:
        "You are in no Okta group that gives access: ask an administrator of Acme to put you into one.",
    },
  ]);
});

test("however many mappings give a role, and however long names are, an explanation stays small", (t) => {
  const long = "x".repeat(900);
  const mappings = Array.from({ length: 300 }, (_, i) => ({
    name: `m${String(i).padStart(5, "0")}`,
    groups: Array.from({ length: 8 }, (_, j) => ({ name: `${long}-${i}-${j}` })),
    roles: ["service-admin"],
  }));
  const user = without(Array.from({ length: 300 }, (_, i) => ({ name: `${long}${i}` })));
  const explanation = explain({ user }, by(mappings), ["service-admin"]);
  t.is(explanation.roles[0]?.mappings.length, 20);
  t.is(explanation.roles[0]?.more, 280);
  t.is(explanation.received?.groups.length, 50);
  t.is(explanation.received?.total, 300);
  const [told] = inWords(explanation, { audience: "admin", organization: "Acme" });
  t.true((told?.summary.length ?? 0) < 4_000);
  t.regex(told?.summary ?? "", /And 297 more\. Last received/);
});

test("an account that isn't decided on yet says so", (t) => {
  const { access: _, ...undecided } = account();
  const explanation = explain({ user: undecided }, by([SERVICES]), ["service-admin"]);
  t.is(explanation.account, "Undecided");
  const [told] = inWords(explanation, { audience: "admin", organization: "Acme" });
  t.is(told?.reasons[0]?.sentence, "It is given; the account is being made.");
});

const inEnglish = (person: Explained, circumstances: Circumstances, audience: "admin" | "self" = "admin") =>
  inWords(explain(person, circumstances, ["service-admin"]), { audience, organization: "Acme" })[0];

test("a role in words: whether it is held, by what or what is missing, in one line and each by itself", (t) => {
  const sentence = 'In group "service_admin" of mapping services.';
  const role = { role: "service-admin", displayName: "Service Admin", admin: false };
  t.deepEqual(inEnglish({ user: account() }, by([SERVICES])), {
    ...role,
    holds: true,
    summary: `Holds Service Admin. ${sentence}`,
    reasons: [{ code: "MappedGroup", mapping: "services", group: "service_admin", sentence }],
  });
  const none = "A sign-in brought no groups claim, which means no groups.";
  t.deepEqual(inEnglish({ user: without([], { groupsFrom: "MissingClaim" }) }, by([])), {
    ...role,
    holds: false,
    summary: `Doesn't hold Service Admin. ${none} No mapping gives it. Last received groups: none (the claim was missing).`,
    reasons: [
      { code: "ClaimMissing", sentence: none },
      { code: "NoMapping", sentence: "No mapping gives it." },
    ],
  });
  const [paused, differing] = [{ ...SERVICES, name: "paused", paused: true as const }, SERVICES];
  t.like(inEnglish({ user: without([{ name: "Service_Admin" }]) }, by([paused, differing]))?.reasons, [
    { code: "NameDiffers", mapping: "services", group: "Service_Admin" },
    { code: "MappingPaused", mapping: "paused", group: undefined },
  ]);
  t.regex(inEnglish({}, by([SERVICES]))?.summary ?? "", / Mapping services gives it to "service_admin"\.$/);
});

test("a summary names four reasons, and how many more there are", (t) => {
  const more = (count: number) => {
    const mappings = Array.from({ length: count }, (_, i) => ({ ...SERVICES, name: `m${i}` }));
    return /And .* more\./.exec(inEnglish({ user: without([]) }, by(mappings))?.summary ?? "")?.[0];
  };
  t.is(more(4), undefined);
  t.is(more(5), "And 1 more.");
  const roles = ["service-admin"];
  const twice = [SERVICES, { ...SERVICES, name: "also" }].map((each) => ({ ...each, roles }));
  const access = grantedAccess(
    twice.map(({ name }) => ({ role: "service-admin", mapping: name, group: "service_admin" })),
    "MappedGroup",
  );
  t.regex(
    inEnglish({ user: account({ access }) }, by(twice), "self")?.summary ?? "",
    /^You hold Service Admin\. In group .* of mapping also\. In group .* of mapping services\.$/,
  );
});

test("what is kept or goes is told without a mapping where there is none", (t) => {
  const bare = account({ access: grantedAccess([{ role: "service-admin" }], "MappedGroup") });
  const first = (circumstances: Circumstances) => inEnglish({ user: bare }, circumstances)?.reasons[0];
  t.deepEqual(first(by([], { paused: true })), {
    code: "OrganizationPaused",
    sentence: "Kept: changes of access are paused in this organization.",
  });
  t.deepEqual(first(by([], { held: true })), {
    code: "DeactivationHeld",
    sentence: "Kept: that it is taken waits for somebody's approval.",
  });
  t.deepEqual(first(by([])), {
    code: "NotTakenYet",
    sentence: "Nothing gives it any more. It goes within seconds.",
  });
});

test("whoever is told what hinders them is told all of it that they may know", (t) => {
  const user = without([], { groupsFrom: "MissingClaim", oktaStatus: "SUSPENDED" });
  t.deepEqual(
    noAccessInWords(explainNoAccess({ user }, by([SERVICES], { paused: true })), "Acme").map(
      ({ code }) => code,
    ),
    ["NotActiveInOkta", "OrganizationPaused", "ClaimMissing"],
  );
  const groups = identity("Service_Admin", "web");
  const paused: Mapping = { name: "web", groups: [{ name: "web" }], roles: ["service-admin"], paused: true };
  t.deepEqual(
    noAccessInWords(explainNoAccess({ identity: groups }, by([SERVICES, paused])), "Acme"),
    [
      {
        code: "MappingPaused",
        sentence:
          "You are in a group that would give access, but its mapping is out of force at present: " +
          "ask an administrator of Acme when that will be over.",
      },
    ],
    "that before what is almost so",
  );
});
