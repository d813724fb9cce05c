import test from "ava";
import { FlagError, parseFlags } from "../../../kubernetes/program/flags.ts";
import { webhookFlags } from "../../../webhook/flags.ts";
import { cookieStyle, readCookie, setCookie } from "../../../webhook/sessions/cookies.ts";

test("a cookie is found by its whole name, wherever it stands", (t) => {
  const name = "okta-role-session";
  t.is(readCookie(`${name}=a`, name), "a");
  t.is(readCookie(`x=1; ${name}=a; y=2`, name), "a");
  t.is(readCookie(`x=1;${name}=a`, name), "a");
  t.is(readCookie(`x-${name}=b; ${name}2=c; ${name}=a`, name), "a");
  t.is(readCookie(`x=${name}=b; ${name}=a`, name), "a");
  t.is(readCookie(`x=y ${name}=b`, name), undefined);
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
  for (const url of [
    "http://login.example.com",
    "https://login.example.com/path",
    "ftp://x",
    "login.example.com",
  ])
    t.throws(start(url), { instanceOf: FlagError }, url);
});
