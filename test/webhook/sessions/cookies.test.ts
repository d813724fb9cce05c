import test from "ava";
import { FlagError, parseFlags } from "../../../kubernetes/program/flags.ts";
import { webhookFlags } from "../../../webhook/flags.ts";
import { cookieStyle, cookiesWithPrefix, readCookie, setCookie } from "../../../webhook/sessions/cookies.ts";
import { SessionCookies } from "../../../webhook/sessions/session-cookies.ts";
import { BrowserCookie } from "../../../webhook/sign-in/browser-cookie.ts";

test("a cookie is found by its whole name, wherever it stands", (t) => {
  const name = "okta-role-session";
  t.is(readCookie(`${name}=a`, name), "a");
  t.is(readCookie(`x=1; ${name}=a; y=2`, name), "a");
  t.is(readCookie(`x=1;${name}=a`, name), "a");
  t.is(readCookie(`x-${name}=b; ${name}2=c; ${name}=a`, name), "a");
  t.is(readCookie(`x=${name}=b; ${name}=a`, name), "a");
  t.is(readCookie(`x=y ${name}=b`, name), undefined);
  t.is(readCookie(`x${name}=b`, name), undefined);
  t.is(readCookie(`${name}= a ; x=1`, name), "a");
  t.is(readCookie(`${name}`, name), undefined);
  t.is(readCookie(`__Host-${name}=b`, name), undefined);
  t.is(readCookie("", name), undefined);
  t.is(readCookie(undefined, name), undefined);
});

test("over https cookies are Secure and bound to the host; over http that is for localhost only", (t) => {
  t.deepEqual(cookieStyle("https://login.example.com"), {
    hostPrefix: "__Host-",
    securePrefix: "__Secure-",
    secure: true,
  });
  t.deepEqual(cookieStyle("http://localhost:8080"), { hostPrefix: "", securePrefix: "", secure: false });
  t.is(
    setCookie("a", "b", { secure: true, maxAgeS: 60 }),
    "a=b; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
  );
  const start = (url: string) => () =>
    parseFlags({ name: "x", summary: "y", prefix: "z_" }, webhookFlags, ["--base-url", url], {});
  t.notThrows(start("https://login.example.com"));
  t.notThrows(start("http://localhost:1234"));
  t.notThrows(start("http://login.door.localhost:1234"), "a name of this machine, too (RFC 6761)");
  for (const url of [
    "http://login.example.com",
    "https://login.example.com/path",
    "ftp://x",
    "login.example.com",
    "http://localhost.example.com",
    "http://evil-localhost",
  ])
    t.throws(start(url), { instanceOf: FlagError }, url);
});

test("for the hosts of a domain, sessions alone have cookies of it: others stay the webhook's own", (t) => {
  const sessions = new SessionCookies(cookieStyle("https://login.example.com", "example.com"));
  const name = sessions.nameOf("acme");
  t.regex(name, /^__Secure-okta-role-session-[\w-]{8}$/);
  t.is(
    sessions.set({ name, token: "t" }, 60),
    `${name}=t; Path=/; Domain=example.com; Max-Age=60; HttpOnly; SameSite=Lax; Secure`,
  );
  t.regex(sessions.clear(name), /; Domain=example\.com; Max-Age=0/);
  t.deepEqual(sessions.read(`${name}=a; __Host-okta-role-session-12345678=b`, "acme"), [
    { name, token: "a" },
  ]);
  t.notRegex(
    new BrowserCookie(cookieStyle("https://login.example.com", "example.com")).make().setCookie,
    /Domain/,
  );
  const own = new SessionCookies(cookieStyle("https://login.example.com"));
  t.deepEqual(own.read(`${name}=a`, "acme"), [], "a host that shares nothing takes nothing of its siblings");
});

test("cookies of a beginning are found in their order, each name once, and not within others", (t) => {
  const found = (header: string | undefined) => [...cookiesWithPrefix(header, "s")];
  t.deepEqual(found("s-a=1; s-b=2"), [
    ["s-a", "1"],
    ["s-b", "2"],
  ]);
  t.deepEqual(found("x=1;s-a=1;  s = 2 ;y=3"), [
    ["s-a", "1"],
    ["s", "2"],
  ]);
  t.deepEqual(found("s-a=1; s-a=2"), [["s-a", "1"]], "of two the first");
  t.deepEqual(found("x=s-a=1; xs-b=2; x s-c=3"), []);
  t.deepEqual(found("s-a; s-b=2"), [["s-b", "2"]], "without a value it is none");
  t.deepEqual(found("s-a="), [["s-a", ""]]);
  t.deepEqual(found(""), []);
  t.deepEqual(found(undefined), []);
});

test("of many session cookies sixteen are looked at, and only those whose names could be ours", (t) => {
  const sessions = new SessionCookies(cookieStyle("https://login.example.com"));
  const name = (i: number) => `${sessions.v1}-${String(i).padStart(8, "0")}`;
  const header = Array.from({ length: 20 }, (_, i) => `${name(i)}=t${i}`).join("; ");
  t.deepEqual(
    sessions.read(header).map(({ token }) => token),
    Array.from({ length: 16 }, (_, i) => `t${i}`),
  );
  const others = `${sessions.v1}-short=a; ${sessions.v1}-123456789=b; ${sessions.v1}x=c; ${name(1)}=`;
  t.deepEqual(sessions.read(others), []);
  t.deepEqual(sessions.read(`${sessions.v1}=old; ${name(1)}=new`), [
    { name: sessions.v1, token: "old" },
    { name: name(1), token: "new" },
  ]);
  const own = sessions.nameOf("acme");
  t.deepEqual(sessions.read(`${name(1)}=other; ${own}=mine; ${sessions.v1}=old`, "acme"), [
    { name: own, token: "mine" },
    { name: sessions.v1, token: "old" },
  ]);
  t.deepEqual(sessions.read(`${own}=; ${sessions.v1}=`, "acme"), []);
  t.is(sessions.nameOf("acme"), own);
  t.not(sessions.nameOf("beta"), own);
});
