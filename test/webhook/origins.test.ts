import test from "ava";
import { webhookFlags } from "../../webhook/flags.ts";
import { checkReach, Origins, OutOfReachError } from "../../webhook/origins.ts";

const BASE = "https://login.example.com";

test("people may be led to the webhook's own origin and to the applications', as browsers write them", (t) => {
  const origins = new Origins(BASE, ["app.example.com", "b.example.com:8443"]);
  for (const [host, origin] of [
    ["login.example.com", BASE],
    ["app.example.com", "https://app.example.com"],
    ["APP.example.com:443", "https://app.example.com"],
    ["b.example.com:8443", "https://b.example.com:8443"],
    ["b.example.com", undefined],
    ["example.com", undefined],
    ["app.example.com.", undefined],
    ["evil.example", undefined],
    ["app.example.com@evil.example", undefined],
    ["app.example.com:443@evil.example", undefined],
    ["app.example.com/x", undefined],
    ["app.example.com:99999", undefined],
    ["", undefined],
  ] as const)
    t.is(origins.ofHost(host), origin, host);
  t.is(origins.find("http://app.example.com"), undefined, "plain http has no sessions");
});

test("applications that sessions wouldn't reach are refused, and a domain that isn't the webhook's", (t) => {
  const reach =
    (cookieDomain: string | undefined, ...applicationHosts: string[]) =>
    () =>
      checkReach(BASE, { applicationHosts, cookieDomain });
  for (const fine of [
    reach(undefined),
    reach("example.com"),
    reach("example.com", "app.example.com", "example.com", "a.b.example.com:8443"),
    reach(undefined, "login.example.com:8443"),
  ])
    t.notThrows(fine);
  for (const wrong of [
    reach("example.org"),
    reach("ogin.example.com"),
    reach("a.login.example.com"),
    reach(undefined, "app.example.com"),
    reach("example.com", "app.example.org"),
    reach("example.com", "app.badexample.com"),
  ])
    t.throws(wrong, { instanceOf: OutOfReachError });
});

test("what is no domain or no host is refused at the start", (t) => {
  const domain = webhookFlags["cookie-domain"].check;
  const hosts = webhookFlags["application-hosts"].check;
  for (const good of ["example.com", "a-b.example.com"]) t.is(domain(good), undefined, good);
  for (const bad of ["com", ".example.com", "Example.com", "example.com;", "example.com; Secure", ""])
    t.regex(domain(bad) ?? "", /such as example\.com/, bad);
  for (const good of ["", "app.example.com", "a.example.com, b.example.com:8443"])
    t.is(hosts(good), undefined);
  for (const bad of ["https://app.example.com", "app.example.com/x", "*.example.com", "App.example.com"])
    t.regex(hosts(bad) ?? "", /no host such as/, bad);
});
