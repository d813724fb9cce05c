import test from "ava";
import { FlagError, parseFlags } from "../../kubernetes/program/flags.ts";
import { hostsOf, webhookFlags } from "../../webhook/flags.ts";
import { flagValues } from "../flag-values.ts";

const program = { name: "webhook", summary: "signs people in", prefix: "okta_role_" };

const valuesOf = (...argv: string[]) => flagValues(webhookFlags, argv);

test("without a flag the webhook listens everywhere at its usual ports, with its usual limits, and trusts no proxy", (t) => {
  t.like(valuesOf(), {
    "base-url": undefined,
    port: "8080",
    host: undefined,
    "tls-cert": undefined,
    "tls-key": undefined,
    "health-port": "8082",
    "health-host": undefined,
    "session-secret": "okta-role-operator-session-keys",
    "session-key-rotation": "24",
    "cookie-domain": undefined,
    "application-hosts": "",
    "max-staleness": "30",
    "trusted-proxies": "",
    "login-rate": "600",
    "local-login-rate": "10",
    "api-rate": "600",
    "logins-at-once": "64",
    // What both programs know.
    "okta-addresses": "public",
    "token-reviews": "yes",
  });
  const help = parseFlags(program, webhookFlags, ["--help"], {});
  const text = help.kind === "help" ? help.text : "";
  for (const name of Object.keys(webhookFlags)) t.regex(text, new RegExp(`^ {2}--${name} [A-Z]+ +\\S`, "m"));
  t.true(text.includes("--log-level"));
});

test("a value that makes no sense is refused by its flag", (t) => {
  const wrong: Record<string, [value: string, said: RegExp]> = {
    "base-url": ["login.example.com", /is not a URL/],
    port: ["65536", /is not a port/],
    "health-port": ["x", /is not a port/],
    "session-key-rotation": ["0", /is not a whole number/],
    "cookie-domain": ["com", /has to be a domain/],
    "application-hosts": ["https://app.example.com", /is no host/],
    "max-staleness": ["-1", /is not a whole number/],
    "trusted-proxies": ["everybody", /is neither an address nor a network/],
    "login-rate": ["0", /is not a whole number/],
    "local-login-rate": ["many", /is not a whole number/],
    "api-rate": ["0", /is not a whole number/],
    "logins-at-once": ["1.5", /is not a whole number/],
  };
  for (const [name, [value, said]] of Object.entries(wrong)) {
    const error = t.throws(() => valuesOf(`--${name}=${value}`), { instanceOf: FlagError }, name);
    t.true(error?.message.startsWith(`--${name} ${value}: `));
    t.regex(error?.message ?? "", said);
  }
});

test("proxies are trusted by their number, or by their addresses and networks", (t) => {
  const said = (value: string) => webhookFlags["trusted-proxies"].check(value);
  for (const fine of [
    ...["", " ", "1", " 2 ", "12", "loopback", "linklocal", "uniquelocal"],
    ...["10.0.0.0/8", "10.0.0.1", "fd00::/8", "FD00::1", "10.0.0.0/8, loopback ,fd00::/128"],
  ])
    t.is(said(fine), undefined, fine);
  for (const [wrong, part] of [
    ["-1", "-1"],
    ["loopback2", "loopback2"],
    ["xloopback", "xloopback"],
    ["10.0.0.0/8,proxy.example.com", "proxy.example.com"],
    ["10.0.0.0/1000", "10.0.0.0/1000"],
    ["10.0.0.0/", "10.0.0.0/"],
    ["10.0.0.0/x", "10.0.0.0/x"],
    ["loopback,", ""],
    ["1,", ""],
  ] as const)
    t.is(said(wrong), `${part} is neither an address nor a network such as 10.0.0.0/8.`, wrong);
});

test("hosts of applications are what stands between the commas", (t) => {
  t.deepEqual(hostsOf(""), []);
  t.deepEqual(hostsOf(" , "), []);
  t.deepEqual(hostsOf("app.example.com, b.example.com:8443 ,,"), ["app.example.com", "b.example.com:8443"]);
  const said = (value: string) => webhookFlags["application-hosts"].check(value);
  for (const fine of ["localhost", "a", "a1-b.example.com:1", "app.example.com:65535"])
    t.is(said(fine), undefined, fine);
  for (const wrong of ["a:", "a:x", "a:123456", "-a", "a-", "a..b", ".a", "a.", "a.-b", "a b", "a_b"])
    t.is(said(`fine.example.com,${wrong}`), `${wrong} is no host such as app.example.com.`);
  const domain = (value: string) => webhookFlags["cookie-domain"].check(value);
  for (const fine of ["a.b", "a1.b2.example.com"]) t.is(domain(fine), undefined, fine);
  for (const wrong of ["a", "a.", "a.b-", "-a.b", "a-.b", "a.b:80", "a.b.", "x y.example.com"])
    t.regex(domain(wrong) ?? "", /^has to be a domain/, wrong);
});
