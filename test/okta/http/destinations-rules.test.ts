import test from "ava";
import { Destinations } from "../../../okta/http/destinations.ts";
import { HostNotListedError, UrlNotAllowedError } from "../../../okta/http/http-errors.ts";
import { LOOPBACK } from "../loopback.ts";

const PUBLIC = new Destinations();

test("https is called, and nothing else; nor is a name or a password sent along", (t) => {
  for (const url of ["https://acme.okta.com/x?y=z", "https://localhost/", "https://10.0.0.1/"]) {
    t.is(PUBLIC.url(url).href, url);
    t.is(PUBLIC.url(new URL(url)).href, url);
  }
  for (const url of [
    "http://acme.okta.com/",
    "http://localhost/",
    "ftp://acme.okta.com/",
    "https://me@acme.okta.com/",
    "https://:secret@acme.okta.com/",
  ]) {
    const { protocol, host } = new URL(url);
    const error = t.throws(() => PUBLIC.url(url), { instanceOf: UrlNotAllowedError });
    t.is(error.message, `${protocol}//${host} isn't allowed: use https.`);
  }
  t.throws(() => PUBLIC.url("acme.okta.com"), {
    message: "Something that isn't a URL isn't allowed: use https.",
  });
});

test("plain http is for this machine, where that may be called, without a name or a password as well", (t) => {
  for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "127.255.255.255", "[::1]", "2130706433"])
    t.notThrows(() => LOOPBACK.url(`http://${host}/`), host);
  for (const host of [
    "128.0.0.1",
    "0.0.0.0",
    "localhost.example.com",
    "127.0.0.1.nip.io",
    "10.0.0.127",
    "127.example.com",
    "x.localhost",
    "[::2]",
    "me@127.0.0.1",
    ":secret@127.0.0.1",
  ])
    t.throws(
      () => LOOPBACK.url(`http://${host}/`),
      { message: /plain http is for loopback hosts only/ },
      host,
    );
  t.throws(() => LOOPBACK.url("ftp://127.0.0.1/"), { instanceOf: UrlNotAllowedError });
  t.throws(() => new Destinations({ addresses: ["public", "private"] }).url("http://127.0.0.1/"), {
    instanceOf: UrlNotAllowedError,
  });
});

test("where hosts are listed, the others aren't called", (t) => {
  const listed = new Destinations({ hosts: ["*.okta.com", "login.acme.com"] });
  t.true(listed.areListed);
  t.false(PUBLIC.areListed);
  for (const host of [
    "acme.okta.com",
    "a.b.okta.com",
    "acme.okta.com.",
    "login.acme.com",
    "login.acme.com:8443",
  ])
    t.notThrows(() => listed.url(`https://${host}/`), host);
  for (const host of ["okta.com", "xokta.com", "x.login.acme.com", "acme.okta.com.evil.example", "acme.com"])
    t.throws(() => listed.url(`https://${host}/`), { instanceOf: HostNotListedError }, host);
  t.throws(() => new Destinations({ hosts: [] }).url("https://acme.okta.com/"), {
    instanceOf: HostNotListedError,
  });
});

test("addresses may be called by their kind: public ones, unless more is said", (t) => {
  const one = { public: "8.8.8.8", private: "10.0.0.1", loopback: "127.0.0.1", special: "169.254.169.254" };
  const allowed = (destinations: Destinations) =>
    Object.entries(one).flatMap(([kind, address]) => (destinations.allow(address) ? kind : []));
  t.deepEqual(allowed(PUBLIC), ["public"]);
  t.deepEqual(allowed(LOOPBACK), ["loopback"]);
  t.deepEqual(allowed(new Destinations({ addresses: ["private", "public"] })), ["public", "private"]);
  t.deepEqual(allowed(new Destinations({ addresses: [] })), []);
});

test("an address in a URL is known without a look-up, and so is this machine by its name", (t) => {
  for (const [host, address] of [
    ["8.8.8.8", "8.8.8.8"],
    ["2130706433", "127.0.0.1"],
    ["[2606:4700::1]", "2606:4700::1"],
    ["localhost", "127.0.0.1"],
    ["localhost.", "127.0.0.1"],
    ["acme.localhost", "127.0.0.1"],
    ["acme.okta.com", undefined],
    ["localhost.example.com", undefined],
    ["notlocalhost", undefined],
  ] as const)
    t.is(Destinations.addressIn(new URL(`https://${host}/`)), address, host);
});
