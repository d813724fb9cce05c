import test from "ava";
import { LogoutHint } from "../../../webhook/sessions/logout-hint.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

test("an ID token with hundreds of groups still signs its person out at Okta", async (t) => {
  const groups = Array.from({ length: 300 }, (_, i) => `a-group-with-a-longer-name-${i}`);
  const seed = { users: [person("ada", groups)], groups, manyGroups: "all" as const };
  const { applyAcme, signIn, browser } = await webhookUnderTest(t, { okta: seed });
  await applyAcme({ mappings: { services: [["a-group-with-a-longer-name-7"], ["service-admin"]] } });
  const { cookies } = await signIn("ada");
  const out = await browser(cookies).post("/logout", {});
  const [, hint = ""] = /id_token_hint=([\w.-]+)/.exec(out.body) ?? [];
  t.true(hint.length > 8_000);
  const claims = JSON.parse(Buffer.from(hint.split(".")[1] ?? "", "base64url").toString());
  t.is(claims.groups.length, 301);
});

const acme = { issuer: "https://acme.okta.com", clientID: "0oa1" };

function idToken(claims: object): string {
  return `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;
}

test("what no browser would keep isn't kept, and what isn't ours isn't read", (t) => {
  const hint = new LogoutHint({ hostPrefix: "__Host-", securePrefix: "__Secure-", secure: true });
  const noise = Array.from({ length: 9_000 }, (_, i) => String.fromCharCode(65 + ((i * 7919) % 26))).join("");
  const random = Buffer.from(
    Array.from({ length: 9_000 }, (_, i) => (i * i * 31 + (i >> 3) * 17) % 251),
  ).toString("base64url");
  t.true(hint.keep(`h.${noise}.s`, 60, 5_000).length < 4_096);
  t.regex(hint.keep(`h.${random}${random}.s`, 60, 5_000), /Max-Age=0|^__Secure-okta-role-id-token=d\./);
  for (const value of ["d.", "d.1-2-3.x", "d.9.AAAA", "x", "p"])
    t.notThrows(() => hint.read(`__Secure-okta-role-id-token=${value}`, acme));
  const kept = (name: string, token: string) => hint.read(`${name}okta-role-id-token=p.${token}`, acme);
  const token = idToken({ iss: acme.issuer, aud: acme.clientID });
  t.is(kept("__Secure-", token), token);
  t.is(kept("", token), undefined, "set without the prefix: not by us");
});

test("an ID token is kept where the answer has room for it: packed, if that is what it takes, or not at all", (t) => {
  const hint = new LogoutHint({ hostPrefix: "__Host-", securePrefix: "__Secure-", secure: true });
  const groups = Array.from({ length: 60 }, (_, i) => `a-group-with-a-longer-name-${i}`);
  const token = idToken({ groups });
  t.regex(hint.keep(token, 60, 3_000), /=p\./);
  const packed = hint.keep(token, 60, 1_000);
  t.regex(packed, /=d\./);
  t.true(`Set-Cookie: ${packed}\r\n`.length <= 1_000);
  t.regex(hint.keep(token, 60, 100), /=; .*Max-Age=0/);
});

test("an ID token is shown to the Okta alone that has issued it, and for its own application", (t) => {
  const hint = new LogoutHint({ hostPrefix: "", securePrefix: "", secure: false });
  const read = (content: object) => {
    const [cookie = ""] = hint.keep(idToken(content), 60, 3_000).split(";");
    t.true(hint.isKept(cookie));
    return hint.read(cookie, acme) !== undefined;
  };
  t.true(read({ iss: acme.issuer, aud: acme.clientID }));
  t.true(read({ iss: acme.issuer, aud: ["other", acme.clientID] }));
  t.false(read({ iss: "https://beta.okta.com", aud: acme.clientID }));
  t.false(read({ iss: acme.issuer, aud: "other" }));
  t.false(read({}));
  t.false(hint.isKept(undefined));
});
