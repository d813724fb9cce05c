import test from "ava";
import { personInAdminConsole } from "../../okta/admin-console.ts";

const ID = "00u1a2b3c4d5e6f7g8h9";

test("a person's page in Okta's Admin Console is known at Okta's own domains", (t) => {
  const page = (host: string) => `https://${host}/admin/user/profile/view/${ID}`;
  const known: [issuer: string, host: string][] = [
    ["https://acme.okta.com", "acme-admin.okta.com"],
    ["https://acme.okta.com/oauth2/default", "acme-admin.okta.com"],
    ["https://dev-123.oktapreview.com/oauth2/aus1", "dev-123-admin.oktapreview.com"],
    ["https://acme.okta-emea.com", "acme-admin.okta-emea.com"],
    ["https://acme.okta-gov.com", "acme-admin.okta-gov.com"],
    ["https://acme.okta.mil", "acme-admin.okta.mil"],
  ];
  for (const [issuer, host] of known) t.is(personInAdminConsole(issuer, ID), page(host), issuer);
});

test("elsewhere, or without an Okta id, it isn't made up", (t) => {
  const unknown: [issuer: string, subject: string][] = [
    ["https://login.acme.example", ID],
    ["https://acme.okta.com.evil.example", ID],
    ["https://evil.example/acme.okta.com", ID],
    ["https://a.b.okta.com", ID],
    ["https://acme.okta.com:8443", ID],
    ["http://acme.okta.com", ID],
    ["nonsense", ID],
    ["https://acme.okta.com", "ada@acme.example"],
    ["https://acme.okta.com", "00u1/../../x"],
    ["https://acme.okta.com", `x${ID}`],
    ["https://acme.okta.com", `${ID}x`],
  ];
  for (const [issuer, subject] of unknown) t.is(personInAdminConsole(issuer, subject), undefined, issuer);
});
