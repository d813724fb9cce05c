import test from "ava";
import { type Changes, organization } from "./objects.ts";
import { assertAccepted, assertRefused, type Complaint } from "./refusal.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();

const refused = test.macro((t, changes: Changes, ...expected: Complaint[]) =>
  assertRefused(t, namespace, organization(changes), expected),
);
const accepted = test.macro((t, changes: Changes) => assertAccepted(t, namespace, organization(changes)));

test.serial("an organization with what is needed and no more is accepted", accepted, {});

for (const loginPath of [
  "Acme",
  "acme/eu",
  "acme eu",
  "-acme",
  "acme-",
  "acmé",
  "acme.eu",
  "",
  "acme%2Feu",
  "..",
]) {
  test.serial(`the login path "${loginPath}" is refused`, refused, { loginPath }, [
    "spec.loginPath",
    "use small letters, digits and hyphens, with a letter or digit first and last, as in acme or acme-eu: it becomes a part of the login URI",
  ]);
}

for (const loginPath of ["local", "callback", "session", "metrics", "admin"]) {
  test.serial(`the login path "${loginPath}" is refused: the webhook needs it`, refused, { loginPath }, [
    "spec.loginPath",
    `the login webhook uses "${loginPath}" itself; choose another word, as in ${loginPath}-team`,
  ]);
}

test.serial("a login path of 64 characters is refused", refused, { loginPath: "a".repeat(64) }, [
  "spec.loginPath",
  "may not be more than 63 bytes",
]);

for (const displayName of ["", "  ", "Acme\nInc.", "Acme\u0000"]) {
  test.serial(`the display name ${JSON.stringify(displayName)} is refused`, refused, { displayName }, [
    "spec.displayName",
    "write the name that people see when they sign in, on one line, as in Acme",
  ]);
}

test.serial("a name of 64 characters is refused", async (t) => {
  const long = organization();
  long.metadata.name = "a".repeat(64);
  await assertRefused(t, namespace, long, [
    [
      "<nil>",
      "the name of an organization has at most 63 characters, since the names of its users begin with it; the long name that people see goes into spec.displayName",
    ],
  ]);
});

test.serial("an empty catalogue is refused", refused, { roles: [] }, [
  "spec.roles",
  "write at least one role; crds/samples/organization.yaml has six to begin with",
]);

test.serial("an organization without a catalogue is refused", refused, { roles: undefined }, [
  "spec.roles",
  "Required value",
]);

test.serial(
  "a role twice in the catalogue is refused",
  refused,
  {
    roles: [
      { name: "reader", displayName: "Reader" },
      { name: "reader", displayName: "Second reader" },
    ],
  },
  ["spec.roles[1]", '{"name":"reader"}'],
);

test.serial(
  "a role's display name as its name is refused",
  refused,
  { roles: [{ name: "Service Admin", displayName: "Service Admin" }] },
  [
    "spec.roles[0].name",
    "use small letters, digits and hyphens, with a letter or digit first and last, as in service-admin; the name that people see goes into displayName",
  ],
);

test.serial(
  "a role without a display name to read is refused",
  refused,
  { roles: [{ name: "reader", displayName: "" }] },
  ["spec.roles[0].displayName", "write the name that people see, on one line, as in Service Admin"],
);

test.serial(
  "a catalogue of 129 roles is refused",
  refused,
  { roles: Array.from({ length: 129 }, (_, index) => ({ name: `role-${index}`, displayName: "Role" })) },
  ["spec.roles", "must have at most 128 items"],
);

for (const maxAge of ["12h", "1h30m", "90m", "168h", "60s", "604800s"]) {
  test.serial(`sessions of ${maxAge} are accepted`, accepted, { sessions: { maxAge } });
}

for (const maxAge of ["7d", "12", "", "1.5h", "-1h", "30m1h", "12 h", "500ms"]) {
  test.serial(`sessions of "${maxAge}" are refused: not a duration`, refused, { sessions: { maxAge } }, [
    "spec.sessions.maxAge",
    "write hours, minutes and seconds in this order, as in 12h, 1h30m or 90m (7 days are 168h)",
  ]);
}

for (const maxAge of ["0s", "59s", "168h1s", "999999h"]) {
  test.serial(`sessions of ${maxAge} are refused: too short or too long`, refused, { sessions: { maxAge } }, [
    "spec.sessions.maxAge",
    "write at least 1m and at most 168h (7 days)",
  ]);
}

for (const maxDeactivations of ["0%", "20%", "100%", 0, 5]) {
  test.serial(`a limit of ${maxDeactivations} deactivations is accepted`, accepted, {
    safeguards: { maxDeactivations },
  });
}

for (const maxDeactivations of ["20", "101%", "-5%", "20 %", "2.5%", "", "all", -1, 1_000_001]) {
  test.serial(
    `a limit of ${JSON.stringify(maxDeactivations)} deactivations is refused`,
    refused,
    { safeguards: { maxDeactivations } },
    [
      "spec.safeguards.maxDeactivations",
      "write a share from 0% to 100%, as in 20%, or a number of users without quotes, as in 10",
    ],
  );
}

test.serial("a field that isn't there is refused by its name", async (t) => {
  const { stderr } = await namespace.kubectl(
    ["apply", "--dry-run=server", "-f", "-"],
    organization({ "okta.clientId": "0oa1" }),
  );
  t.regex(stderr, /unknown field "spec\.okta\.clientId"/);
});

test.serial(
  "sessions that have ended stay ended: the time before which they have never goes back",
  async (t) => {
    const status = (sessions: object | null) => [
      "patch",
      "oktaorg",
      "acme",
      "--subresource=status",
      "--type=merge",
      "--patch",
      JSON.stringify({ status: { sessions } }),
    ];
    const at = (endedBefore: string) => status({ maxAge: "12h", endedBefore });
    await namespace.succeed(["create", "-f", "-"], organization());
    await namespace.succeed(status({ maxAge: "12h" }));
    await namespace.succeed(at("2026-11-24T12:00:00Z"));
    await namespace.succeed(at("2026-11-24T12:00:01Z"));
    for (const back of [
      at("2026-11-24T12:00:00Z"),
      status({ maxAge: "12h", endedBefore: null }),
      status(null),
    ]) {
      const { stderr } = await namespace.kubectl(back);
      t.regex(
        stderr,
        /status\.sessions: .*endedBefore only ever goes forward, or sessions that have ended would/,
      );
    }
    const { stderr } = await namespace.kubectl(status({ maxAge: "a day" }));
    t.regex(stderr, /write what spec\.sessions\.maxAge has said, as in 12h/);
    await namespace.succeed(["delete", "oktaorg", "acme"]);
  },
);
