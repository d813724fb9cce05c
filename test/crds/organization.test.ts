import test from "ava";
import { type Changes, directory, organization } from "./objects.ts";
import { assertAccepted, assertRefused, type Complaint } from "./refusal.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();

const refused = test.macro((t, changes: Changes, ...expected: Complaint[]) =>
  assertRefused(t, namespace, organization(changes), expected),
);
const accepted = test.macro((t, changes: Changes) => assertAccepted(t, namespace, organization(changes)));

const httpsUrl =
  "write an https URL without spaces, as in https://acme.okta.com/oauth2/default (plain http is for localhost only)";
const oneCredential =
  "write exactly one of privateKeyRef (with clientID, for a service app: the better choice) and apiTokenRef (for an API token)";

test.serial("an organization with what is needed and no more is accepted", accepted, {});

for (const issuer of [
  "https://acme.okta.com/oauth2/default",
  "https://login.acme.example:8443/oauth2/aus1",
  "http://localhost:8080",
  "http://127.0.0.1:8080/oauth2/default",
  "http://127.8.9.1",
  "http://[::1]:8080",
]) {
  test.serial(`the issuer ${issuer} is accepted`, accepted, { "okta.issuer": issuer });
}

for (const issuer of [
  "http://acme.okta.com",
  "http://localhost.acme.example",
  "http://127.0.0.1.acme.example:8080",
  "http://[2001:db8::1]",
  "ftp://acme.okta.com",
  "acme.okta.com",
  "https://",
  "https:///oauth2/default",
  "https://acme.okta.com/oauth2/my server",
  "",
]) {
  test.serial(`the issuer "${issuer}" is refused: not an https URL`, refused, { "okta.issuer": issuer }, [
    "spec.okta.issuer",
    httpsUrl,
  ]);
}

test.serial(
  "an issuer with a slash at the end is refused, and shown without it",
  refused,
  { "okta.issuer": "https://acme.okta.com/oauth2/default/" },
  [
    "spec.okta.issuer",
    "leave out the slash at the end, an issuer is compared letter by letter: write https://acme.okta.com/oauth2/default",
  ],
);

for (const issuer of [
  "https://acme.okta.com?fromURI=a",
  "https://acme.okta.com/oauth2/default#login",
  "https://ada:secret@acme.okta.com",
]) {
  test.serial(
    `the issuer ${issuer} is refused: a query, a fragment or a user name`,
    refused,
    { "okta.issuer": issuer },
    [
      "spec.okta.issuer",
      'leave out "?", "#" and "@" with what belongs to them: an issuer has neither a query, a fragment nor a user name',
    ],
  );
}

test.serial(
  "the address of the admin console as the issuer is refused, and the right one shown",
  refused,
  { "okta.issuer": "https://acme-admin.okta.com" },
  ["spec.okta.issuer", "this is the address of the admin console; write https://acme.okta.com"],
);

test.serial(
  "the address of the metadata as the issuer is refused, and the right one shown",
  refused,
  { "okta.issuer": "https://acme.okta.com/oauth2/default/.well-known/openid-configuration" },
  [
    "spec.okta.issuer",
    "this is the address of the metadata; write the issuer: https://acme.okta.com/oauth2/default",
  ],
);

test.serial(
  "the address of an endpoint as the issuer is refused",
  refused,
  { "okta.issuer": "https://acme.okta.com/oauth2/default/v1/authorize" },
  [
    "spec.okta.issuer",
    "this is the address of an endpoint; leave out /v1/ and what follows, and /oauth2 before it where nothing stands between the two",
  ],
);

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

test.serial("a client ID with a space is refused", refused, { "okta.clientID": " 0oa1" }, [
  "spec.okta.clientID",
  "write the client ID as Okta shows it, without spaces, as in 0oa1gjh63g214q0Hq0g4",
]);

test.serial(
  "the secret itself in the place of its key is refused",
  refused,
  { "okta.clientSecretRef": { name: "acme-okta", key: "s3cr3t/+=" } },
  [
    "spec.okta.clientSecretRef.key",
    'write the key in that Secret, not the value: letters, digits, "-", "_" and ".", as in clientSecret',
  ],
);

test.serial(
  "a Secret's name that no Secret can have is refused",
  refused,
  { "okta.clientSecretRef": { name: "Acme Okta", key: "clientSecret" } },
  [
    "spec.okta.clientSecretRef.name",
    "write the name of a Secret in this namespace: small letters, digits, hyphens and dots, as in acme-okta",
  ],
);

for (const scope of ["openid profile", "", 'say "hi"', "a\\b"]) {
  test.serial(
    `the scope ${JSON.stringify(scope)} is refused`,
    refused,
    { "okta.scopes": ["openid", scope] },
    [
      "spec.okta.scopes[1]",
      "write one scope per entry, without spaces, quotes or backslashes, as in [openid, profile, email, groups]",
    ],
  );
}

test.serial("the scope offline_access is refused", refused, { "okta.scopes": ["openid", "offline_access"] }, [
  "spec.okta.scopes[1]",
  "leave out offline_access, since no refresh token is kept",
]);

test.serial("a scope twice is refused", refused, { "okta.scopes": ["openid", "openid"] }, [
  "spec.okta.scopes[1]",
  '"openid"',
]);

test.serial(
  "a claim's name with a space around it is refused",
  refused,
  { "okta.claims": { groups: "groups " } },
  ["spec.okta.claims.groups", "write the name of the claim, without spaces around it, as in groups"],
);

test.serial("the claim sub for the groups is refused", refused, { "okta.claims": { groups: "sub" } }, [
  "spec.okta.claims.groups",
  "this claim never holds groups; write the name of the claim that does, as in groups",
]);

test.serial("a directory with a service app is accepted", accepted, { "okta.directory": directory });
test.serial("a directory with an API token is accepted", accepted, {
  "okta.directory": { url: directory.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } },
});
test.serial("a directory on this machine is accepted over plain http", accepted, {
  "okta.directory": { ...directory, url: "http://127.0.0.1:8080" },
});

test.serial(
  "a directory without a credential is refused",
  refused,
  { "okta.directory": { url: directory.url } },
  ["spec.okta.directory", oneCredential],
);

test.serial(
  "a directory with both credentials is refused",
  refused,
  { "okta.directory": { ...directory, apiTokenRef: { name: "acme-okta", key: "apiToken" } } },
  ["spec.okta.directory", oneCredential],
);

test.serial(
  "a private key without the app's client ID is refused",
  refused,
  { "okta.directory": { url: directory.url, privateKeyRef: directory.privateKeyRef } },
  [
    "spec.okta.directory.clientID",
    "privateKeyRef needs clientID: the client ID of the service app that the key belongs to",
  ],
);

test.serial(
  "an API token with a client ID is refused",
  refused,
  {
    "okta.directory": {
      url: directory.url,
      clientID: "0oa2",
      apiTokenRef: { name: "acme-okta", key: "apiToken" },
    },
  },
  [
    "spec.okta.directory.clientID",
    "leave out clientID, an API token belongs to a person and not to an app; or use privateKeyRef",
  ],
);

for (const url of [
  "https://acme.okta.com/",
  "https://acme.okta.com/api/v1",
  "https://a:b@acme.okta.com",
  "https://acme.okta.com?a=b",
]) {
  test.serial(
    `the directory ${url} is refused: more than an address`,
    refused,
    { "okta.directory": { ...directory, url } },
    [
      "spec.okta.directory.url",
      "write the address alone, as in https://acme.okta.com, without a path or anything else behind it",
    ],
  );
}

test.serial(
  "the address of the admin console as the directory is refused, and the right one shown",
  refused,
  { "okta.directory": { ...directory, url: "https://acme-admin.oktapreview.com" } },
  ["spec.okta.directory.url", "this is the address of the admin console; write https://acme.oktapreview.com"],
);

test.serial(
  "a directory over plain http is refused",
  refused,
  { "okta.directory": { ...directory, url: "http://acme.okta.com" } },
  [
    "spec.okta.directory.url",
    "write an https URL without spaces, as in https://acme.okta.com (plain http is for localhost only)",
  ],
);

test.serial("an event hook with a directory is accepted", accepted, {
  "okta.directory": directory,
  "okta.eventHook": { secretRef: { name: "acme-okta", key: "eventHookSecret" } },
});

test.serial(
  "an event hook without a directory is refused",
  refused,
  { "okta.eventHook": { secretRef: { name: "acme-okta", key: "eventHookSecret" } } },
  [
    "spec.okta.eventHook",
    "an event hook only says that somebody changed, and the directory is then asked what has changed: add okta.directory, or leave out okta.eventHook",
  ],
);

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
