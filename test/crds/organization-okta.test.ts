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

test.serial("a client ID with a space is refused", refused, { "okta.clientID": " 0oa1" }, [
  "spec.okta.clientID",
  "write the client ID as Okta shows it, without spaces, as in 0oa1gjh63g214q0Hq0g4",
]);

const withoutSecret = { "okta.clientSecretRef": undefined };
const loginKey = { "okta.privateKeyRef": { name: "acme-okta", key: "loginKey" } };
const oneAuthentication =
  "write exactly one of clientSecretRef, privateKeyRef and publicClient: true, as the app's client authentication in Okta is Client secret, Public key / Private key, or None";

test.serial("an app with a private key is accepted", accepted, { ...withoutSecret, ...loginKey });
test.serial("a public client is accepted", accepted, { ...withoutSecret, "okta.publicClient": true });
test.serial("publicClient: false beside a secret is accepted", accepted, { "okta.publicClient": false });
for (const [what, changes] of [
  ["no way to authenticate", withoutSecret],
  ["publicClient: false and nothing else", { ...withoutSecret, "okta.publicClient": false }],
  ["a secret and a key", loginKey],
  ["a secret of a public client", { "okta.publicClient": true }],
  ["a key of a public client", { ...withoutSecret, ...loginKey, "okta.publicClient": true }],
] as const)
  test.serial(`${what} is refused`, refused, changes, ["spec.okta", oneAuthentication]);

/** Every place that refers to a Secret, with the key that its message has as an example. */
const secretRefs = {
  "okta.clientSecretRef": "clientSecret",
  "okta.privateKeyRef": "loginKey",
  "okta.directory.privateKeyRef": "privateKey",
  "okta.directory.apiTokenRef": "apiToken",
};
for (const [field, example] of Object.entries(secretRefs)) {
  const changes = {
    ...(field === "okta.privateKeyRef" ? { "okta.clientSecretRef": undefined } : {}),
    "okta.directory": field.endsWith("apiTokenRef") ? { url: directory.url } : { ...directory },
    [field]: { name: "Acme Okta", key: "s3cr3t/+=" },
  };
  test.serial(
    `a Secret's name that no Secret can have, or the secret itself as its key, is refused in ${field}`,
    refused,
    changes,
    [
      `spec.${field}.name`,
      "write the name of a Secret in this namespace: small letters, digits, hyphens and dots, as in acme-okta",
    ],
    [
      `spec.${field}.key`,
      `write the key in that Secret, not the value: letters, digits, "-", "_" and ".", as in ${example}`,
    ],
  );
}

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

for (const claim of ["email", "name"]) {
  test.serial(
    `an empty name for the claim ${claim} is refused`,
    refused,
    { "okta.claims": { [claim]: "" } },
    [`spec.okta.claims.${claim}`, `write the name of the claim, without spaces around it, as in ${claim}`],
  );
}

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
