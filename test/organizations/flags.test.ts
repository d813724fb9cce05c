import test from "ava";
import { FlagError, parseFlags } from "../../kubernetes/program/flags.ts";
import {
  isBaseURL,
  loginPathPrefixes,
  oktaAddresses,
  oktaHosts,
  organizationFlags,
  watchedNamespaces,
} from "../../organizations/flags.ts";
import { flagValues } from "../flag-values.ts";

function parsed(...argv: string[]) {
  const { "okta-hosts": hosts, "okta-addresses": addresses } = flagValues(organizationFlags, argv);
  return { hosts: oktaHosts(hosts), addresses: oktaAddresses(addresses) };
}

test("any host may be an Okta, at public addresses, unless somebody says otherwise", (t) => {
  t.deepEqual(parsed(), { hosts: undefined, addresses: ["public"] });
});

test("hosts and kinds of addresses are lists", (t) => {
  t.deepEqual(
    parsed(
      "--okta-hosts",
      "*.okta.com, Login.Acme.com,10.0.0.1,[fd00::1]",
      "--okta-addresses",
      "private,public",
    ),
    { hosts: ["*.okta.com", "login.acme.com", "10.0.0.1", "[fd00::1]"], addresses: ["public", "private"] },
  );
});

for (const [flag, value, says] of [
  ["--okta-hosts", "https://acme.okta.com", /not a host such as acme\.okta\.com/],
  ["--okta-hosts", "acme.okta.com:443", /no port/],
  ["--okta-hosts", "acme.okta.com,-acme.okta.com", /^.*-acme\.okta\.com is not a host/],
  ["--okta-hosts", "acme-.okta.com", /not a host/],
  ["--okta-hosts", "acme..com", /not a host/],
  ["--okta-hosts", "x[fd00::1]", /not a host/],
  ["--okta-hosts", "[fd00::1]x", /not a host/],
  ["--okta-addresses", "public,any", /any is none of public, private, loopback/],
  ["--login-path-prefixes", "team-a=a-,team-b", /team-b is not a namespace and a beginning of login paths/],
  ["--login-path-prefixes", "t=t-,-team=a-", /-team=a- is not/],
  ["--login-path-prefixes", "team-=a-", /team-=a- is not/],
  ["--login-path-prefixes", "team=-a", /team=-a is not/],
  ["--login-path-prefixes", "team=A-", /team=A- is not/],
  ["--login-path-prefixes", `team=${"a".repeat(64)}`, /is not/],
  ["--okta-hosts", "*", /not a host/],
  ["--okta-hosts", "acme.*.com", /not a host/],
  ["--okta-hosts", "*okta.com", /not a host/],
  ["--okta-hosts", "büro.example.com", /in ASCII/],
  ["--okta-addresses", "any", /any is none of public, private, loopback/],
  ["--okta-addresses", ",", /is empty/],
  ["--token-reviews", "false", /neither yes nor no/],
] as const) {
  test(`${flag} ${value} is refused`, (t) => {
    t.throws(() => parsed(flag, value), { instanceOf: FlagError, message: says });
  });
}

test("prefixes of login paths are pairs, with space around them or not", (t) => {
  for (const value of ["", "team-a=a-", "t=a", `team-a = a- , b1=${"b".repeat(63)}`]) {
    const argv = ["--login-path-prefixes", value];
    t.is(parseFlags({ name: "x", summary: "y", prefix: "z_" }, organizationFlags, argv, {}).kind, "run");
  }
  const prefixes = loginPathPrefixes("team-a = a- , team-b=b-,team-a=acme");
  t.deepEqual(prefixes.of("team-a"), ["a-", "acme"]);
  t.deepEqual(prefixes.of("team-b"), ["b-"]);
});

test("what is watched is the own namespace, those that are named, or all", (t) => {
  t.deepEqual(watchedNamespaces(undefined, "own"), ["own"]);
  t.deepEqual(watchedNamespaces("  ", "own"), ["own"]);
  t.deepEqual(watchedNamespaces("b, a,,b", "own"), ["b", "a"]);
  t.is(watchedNamespaces("a,*", "own"), "all");
});

test("browsers reach the webhook by https, or on this machine, at the root of a host", (t) => {
  for (const url of [
    "https://login.example.com",
    "https://login.example.com:8443/",
    "http://localhost:8080",
    "http://login.localhost",
    "http://127.0.0.1:8080",
    "http://127.1.2.33",
    "http://[::1]:8080",
  ])
    t.is(isBaseURL(url), undefined, url);
  for (const [url, says] of [
    ["login.example.com", /not a URL/],
    ["https://login.example.com/x", /has a path/],
    ["https://login.example.com/?x", /or a query/],
    ["https://login.example.com/#x", /or a query/],
    ["http://login.example.com", /https:/],
    ["http://localhost.example.com", /https:/],
    ["http://notlocalhost", /https:/],
    ["http://127.0.0.1.example.com", /https:/],
    ["http://x127.0.0.1.example.com", /https:/],
    ["ftp://localhost", /https:/],
  ] as const)
    t.regex(isBaseURL(url) ?? "", says, url);
});
