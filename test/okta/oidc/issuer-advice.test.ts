import test from "ava";
import { HostNotListedError, UrlNotAllowedError } from "../../../okta/http/http-errors.ts";
import { alternative, checkIssuerUrl, mismatch, notThere } from "../../../okta/oidc/issuer-advice.ts";
import { WrongIssuerError } from "../../../okta/oidc/issuer-errors.ts";

const anything = (url: URL): URL => url;
const https = (url: URL): URL => {
  if (url.protocol !== "https:") throw new UrlNotAllowedError(url.href);
  return url;
};

/** The mistake in an issuer, and what is suggested instead. */
function mistakeIn(issuer: string, allowed = https): [string, string | undefined] | "none" {
  try {
    checkIssuerUrl(issuer, allowed);
    return "none";
  } catch (error) {
    if (!(error instanceof WrongIssuerError)) throw error;
    return [error.mistake, error.suggestion];
  }
}

test("what can't be an issuer is said with what it should be", (t) => {
  const cases: [issuer: string, mistake: [string, string | undefined] | "none"][] = [
    ["https://acme.okta.com", "none"],
    ["https://acme.okta.com/", "none"],
    ["https://acme.okta.com/oauth2/default", "none"],
    ["https://acme.okta.com/oauth2/v1x", "none"],
    ["https://acme.okta.com/other/v1/keys", "none"],
    ["https://acme.okta.com/x/oauth2/v1", "none"],
    ["https://acme-admin.example.com", "none"],
    ["https://acme-admin.okta.com.evil.example", "none"],
    ["acme.okta.com", ["not-a-url", undefined]],
    ["", ["not-a-url", undefined]],
    ["https://acme.okta.com?x=1", ["not-a-url", undefined]],
    ["https://acme.okta.com#x", ["not-a-url", undefined]],
    ["https://me@acme.okta.com", ["not-a-url", undefined]],
    ["https://:secret@acme.okta.com", ["not-a-url", undefined]],
    ["http://acme.okta.com/http:", ["not-https", "https://acme.okta.com/http:"]],
    [" HTTP://acme.okta.com ", ["not-https", "https://acme.okta.com"]],
    ["ftp://acme.okta.com", ["not-https", undefined]],
    ["https://acme-admin.okta.com", ["admin-domain", "https://acme.okta.com"]],
    ["https://acme-admin.oktapreview.com/x", ["admin-domain", "https://acme.oktapreview.com/x"]],
    ["https://a-admin-admin.okta-emea.com", ["admin-domain", "https://a-admin.okta-emea.com"]],
    ["https://acme-admin.okta-gov.com", ["admin-domain", "https://acme.okta-gov.com"]],
    ["https://acme.okta.com/.well-known/openid-configuration", ["discovery-url", "https://acme.okta.com"]],
    [
      "https://acme.okta.com/oauth2/default/.well-known/x",
      ["discovery-url", "https://acme.okta.com/oauth2/default"],
    ],
    ["https://acme.okta.com/oauth2/v1", ["endpoint-url", "https://acme.okta.com"]],
    ["https://acme.okta.com/oauth2/v1/token", ["endpoint-url", "https://acme.okta.com"]],
    ["https://acme.okta.com/oauth2/default/v1", ["endpoint-url", "https://acme.okta.com/oauth2/default"]],
    ["https://acme.okta.com/oauth2/aus1/v1/keys", ["endpoint-url", "https://acme.okta.com/oauth2/aus1"]],
  ];
  for (const [issuer, mistake] of cases) t.deepEqual(mistakeIn(issuer), mistake, issuer);
});

test("a host that isn't listed is said so, and errors of another kind go on", (t) => {
  const notListed = new HostNotListedError("acme.okta.com");
  const error = t.throws(
    () =>
      checkIssuerUrl("https://acme.okta.com", () => {
        throw notListed;
      }),
    { instanceOf: WrongIssuerError },
  );
  t.is(error.mistake, "host-not-listed");
  t.is(error.cause, notListed);
  const broken = new TypeError("a mistake");
  t.throws(
    () =>
      checkIssuerUrl("https://acme.okta.com", () => {
        throw broken;
      }),
    { is: broken },
  );
  t.is(mistakeIn("http://127.0.0.1:1234", anything), "none", "what is allowed is allowed");
});

test("metadata that names another issuer: a slash, another one, or none of Okta's", (t) => {
  const asked = "https://acme.okta.com/oauth2/default";
  const of = (issuer: string, named: string) => {
    const { mistake, suggestion } = mismatch(issuer, named);
    return [mistake, suggestion];
  };
  t.deepEqual(of(`${asked}/`, asked), ["trailing-slash", asked]);
  t.deepEqual(of(`${asked}///`, asked), ["trailing-slash", asked]);
  t.deepEqual(of(asked, `${asked}/`), ["issuer-mismatch", undefined]);
  t.deepEqual(of(asked, "https://login.acme.example"), ["issuer-mismatch", "https://login.acme.example"]);
  t.regex(mismatch(asked, `${asked}/`).message, /has a slash at the end/);
});

test("where there is no metadata, the other kind of server is looked for and named", (t) => {
  const at = (url: string) => alternative(new URL(url));
  t.is(at("https://acme.okta.com"), "https://acme.okta.com/oauth2/default");
  t.is(at("https://acme.okta.com/oauth2/aus1"), "https://acme.okta.com");
  const of = (issuer: string, found?: string) => {
    const cause = new Error("404");
    const error = notThere(issuer, new URL(issuer), found, cause);
    t.is(error.cause, cause);
    return [error.mistake, error.suggestion, / not every org has one called default/.test(error.message)];
  };
  const [org, custom] = ["https://acme.okta.com", "https://acme.okta.com/oauth2/default"];
  t.deepEqual(of(org), ["not-an-issuer", undefined, false]);
  t.deepEqual(of(custom), ["not-an-issuer", undefined, false]);
  t.deepEqual(of(org, custom), ["custom-server-meant", custom, false]);
  t.deepEqual(of(`${org}/`, custom), ["custom-server-meant", custom, false]);
  t.deepEqual(of(custom, org), ["no-default-server", org, true]);
  t.deepEqual(of(`${org}/oauth2/aus1`, org), ["no-such-server", org, false]);
});
