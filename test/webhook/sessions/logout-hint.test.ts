import { deflateRawSync } from "node:zlib";
import test from "ava";
import { LogoutHint } from "../../../webhook/sessions/logout-hint.ts";

const acme = { issuer: "https://acme.okta.com", clientID: "0oa1" };

const own = { iss: acme.issuer, aud: acme.clientID };

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
  t.regex(hint.keep(token, 60, 3_000), /=p\..*; Path=\/logout; Max-Age=60; HttpOnly; SameSite=Lax; Secure$/);
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

test("what fits to the byte is kept as it is, and a token comes back as it was, packed or not", (t) => {
  const hint = new LogoutHint({ hostPrefix: "", securePrefix: "", secure: false });
  const groups = Array.from({ length: 400 }, (_, i) => `a-group-with-a-longer-name-${i}`);
  for (const claims of [own, { ...own, groups }]) {
    const token = ['{"alg":"RS256"}', JSON.stringify(claims), "a-signature"]
      .map((part) => Buffer.from(part).toString("base64url"))
      .join(".");
    const header = hint.keep(token, 60, 100_000);
    t.is(hint.read(header.split(";")[0], acme), token);
    const room = `Set-Cookie: ${header}\r\n`.length;
    t.is(hint.keep(token, 60, room), header);
    t.not(hint.keep(token, 60, room - 1), header);
  }
  const longest = "x".repeat(3_700 - "p.".length);
  t.regex(hint.keep(longest, 60, 100_000), /=p\./);
  t.notRegex(hint.keep(`${longest}x`, 60, 100_000), /=p\./);
  t.regex(hint.forget(), /^okta-role-id-token=; Path=\/logout; Max-Age=0;/);
  t.false(hint.isKept("okta-role-id-token=x.abc"));
  t.true(hint.isKept("okta-role-id-token=p.abc"));
});

test("a token that would unpack to more than any is long isn't unpacked", (t) => {
  const hint = new LogoutHint({ hostPrefix: "", securePrefix: "", secure: false });
  const bomb = (bytes: number) =>
    `okta-role-id-token=d.${bytes}.${deflateRawSync(Buffer.alloc(bytes)).toString("base64url")}`;
  t.true(hint.isKept(bomb(64 * 1024)));
  t.false(hint.isKept(bomb(64 * 1024 + 1)));
});
