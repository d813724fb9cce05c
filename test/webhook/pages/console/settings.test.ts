import test, { type ExecutionContext } from "ava";
import type { Condition } from "../../../../crds/types.ts";
import { settingsPage } from "../../../../webhook/pages/console/settings.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads, under } from "../reading.ts";

const ADDRESSES = {
  login: "https://login.example.com/login/acme",
  callback: "https://login.example.com/callback/acme",
  eventHook: undefined,
};

const page = (
  changes: Parameters<typeof visitorOfAcme>[1] = {},
  addresses: Parameters<typeof settingsPage>[1] = ADDRESSES,
) => settingsPage(visitorOfAcme([], changes), addresses, ["/copy.js"]);

const condition = (type: string, status: Condition["status"], message = `${type} says.`): Condition => ({
  ...{
    type,
    status,
    reason: "R",
    message,
    lastTransitionTime: "2026-01-01T00:00:00Z",
    observedGeneration: 1,
  },
});

const SINCE = "2026-01-01 00:00 UTC";

test("the settings name the addresses that Okta has to know, and what counts here", (t) => {
  reads(t, page(), [
    "# Identity management",
    "## Organization Login URI",
    "Where people of Acme sign in.",
    "`https://login.example.com/login/acme` {plain}[Copy]",
    "## What Okta has to know",
    "Sign-in redirect URI: `https://login.example.com/callback/acme` {plain}[Copy]",
    "Event hook: Not set up: `spec.okta.eventHook` of the Organization.",
    "Issuer: `https://acme.okta.com`",
    "Client ID: `0oa1`",
    "## The connection",
    "The operator hasn't looked at this organization yet. …",
    "## Accounts",
    "Active: not counted yet",
    "Registered: not counted yet",
    "Sessions last: 12h at the most",
    "At most taken in 24 hours: 20% of the active users, …",
    "Settings are changed where they are declared: `kubectl edit oktaorg acme --namespace acme`, …",
  ]);
  t.deepEqual(page().scripts, ["/copy.js"]);
  t.deepEqual(settingsPage(visitorOfAcme([]), ADDRESSES).scripts, []);
  const eventHook = "https://login.example.com/hooks/acme";
  const hooked = page({}, { ...ADDRESSES, eventHook });
  differs(t, [page(), hooked], ["- Event hook: …", `+ Event hook: \`${eventHook}\` {plain}[Copy]`]);
  for (const id of ["login", "callback", "hook"])
    t.regex(
      String(hooked.body),
      new RegExp(`id="copy-${id}".*data-copy="copy-${id}" aria-label="Copy the address"`),
    );
});

test("accounts are counted, and limits are those of the organization", (t) => {
  const users = { active: 0, registered: 7 };
  differs(
    t,
    [
      page(),
      page({ status: { users }, spec: { sessions: { maxAge: "1h" }, safeguards: { maxDeactivations: 5 } } }),
    ],
    [
      "- Active: not counted yet",
      "- Registered: not counted yet",
      "- Sessions last: 12h at the most",
      "- At most taken in 24 hours: 20% of the active users, …",
      "+ Active: 0",
      "+ Registered: 7",
      "+ Sessions last: 1h at the most",
      "+ At most taken in 24 hours: 5 of the active users, …",
    ],
  );
  // As an older definition has them, without defaults.
  const { sessions: _, safeguards: __, ...bare } = visitorOfAcme([]).organization.spec;
  const visitor = visitorOfAcme([]);
  const old = { ...visitor, organization: { ...visitor.organization, spec: bare as never } };
  differs(t, [page(), settingsPage(old, ADDRESSES)], []);
});

const checks = (t: ExecutionContext, conditions: Condition[], rows: string[]) => {
  t.deepEqual(under(page({ status: { conditions } }), "## The connection"), [
    "What | State | In words | Since",
    ...rows,
  ]);
};

test("the checks stand in their order, each with its state in words; exceptions only while they are there", (t) => {
  checks(
    t,
    [
      condition("Paused", "True"),
      condition("Stalled", "False"),
      condition("SomethingNew", "False"),
      condition("EventHookVerified", "Unknown"),
      condition("DeactivationsWithinLimit", "True"),
      condition("Ready", "False"),
    ],
    [
      `All together | {bad}Needs attention | Ready says. | ${SINCE}`,
      `Held changes | {good}In order | DeactivationsWithinLimit says. | ${SINCE}`,
      `Event hook | Not known | EventHookVerified says. | ${SINCE}`,
      `Paused | {bad}Needs attention | Paused says. | ${SINCE}`,
    ],
  );
});

test("a command in a message stands by itself, to be copied", (t) => {
  const message = "Look: kubectl get it --now";
  checks(
    t,
    [condition("Ready", "False", message)],
    [`All together | {bad}Needs attention | Look: / kubectl get it --now / {plain}[Copy] | ${SINCE}`],
  );
  const { body } = page({ status: { conditions: [condition("Ready", "False", message)] } });
  t.regex(String(body), /<pre id="command-Ready" .*data-copy="command-Ready" aria-label="Copy the command"/);
  checks(
    t,
    [condition("Ready", "True", "kubectl get it")],
    [`All together | {good}In order | kubectl get it / {plain}[Copy] | ${SINCE}`],
  );
  checks(
    t,
    [condition("Ready", "True", "By kubectl 1.33.")],
    [`All together | {good}In order | By kubectl 1.33. | ${SINCE}`],
  );
});

test("changes that are held stand above everything, with how to let them go, and once", (t) => {
  const held = condition("DeactivationsWithinLimit", "False", "7 people wait: kubectl annotate it");
  const conditions = [condition("Ready", "True"), held];
  const read = reading(page({ status: { conditions } }));
  t.deepEqual(read.slice(1, 6), [
    "{alert}",
    "## Changes are held",
    "7 people wait:",
    "kubectl annotate it",
    "{plain}[Copy]",
  ]);
  t.is(read[6], `Since ${SINCE}. Those whom it is about keep what they have until then.`);
  checks(t, conditions, [
    `All together | {good}In order | Ready says. | ${SINCE}`,
    `Held changes | {bad}Needs attention | See above. | ${SINCE}`,
  ]);
  for (const status of ["True", "Unknown"] as const)
    t.is(reading(page({ status: { conditions: [{ ...held, status }] } }))[1], "## Organization Login URI");
  t.is(
    reading(page({ status: { conditions: [condition("Ready", "False")] } }))[1],
    "## Organization Login URI",
  );
});

test("how the directory is followed is told where there is one, as far as it is known", (t) => {
  const okta = { ...visitorOfAcme([]).organization.spec.okta, directory: {} as never };
  differs(
    t,
    [page(), page({ spec: { okta } })],
    [
      "+ ## Following Okta's directory",
      "+ All groups last read: not yet",
      "+ Last change in Okta: none that concerns this organization",
      "+ From Okta to here: not measured yet",
    ],
  );
  const directory = {
    lastFullSyncTime: "2026-01-01T00:00:00Z",
    lastChangeTime: "2026-01-02T00:00:00Z",
    delay: { p50: "2s", p99: "9s" } as never,
  };
  differs(
    t,
    [page({ status: { directory } }), page({ spec: { okta }, status: { directory } })],
    [
      "+ ## Following Okta's directory",
      "+ All groups last read: 2026-01-01 00:00 UTC",
      "+ Last change in Okta: 2026-01-02 00:00 UTC",
      "+ From Okta to here: 2s for half of the changes, 9s for all but one in a hundred, as measured",
    ],
  );
});
