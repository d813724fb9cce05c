import test from "ava";
import { FlagError, parseFlags } from "../../kubernetes/program/flags.ts";
import { oktaAddresses, oktaHosts, organizationFlags } from "../../organizations/flags.ts";

function parsed(...argv: string[]) {
  const program = parseFlags({ name: "x", summary: "y", prefix: "z_" }, organizationFlags, argv, {});
  if (program.kind !== "run") throw new Error("it prints its help");
  const { "okta-hosts": hosts, "okta-addresses": addresses } = program.values;
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
  ["--okta-hosts", "*", /not a host/],
  ["--okta-hosts", "acme.*.com", /not a host/],
  ["--okta-hosts", "*okta.com", /not a host/],
  ["--okta-hosts", "büro.example.com", /in ASCII/],
  ["--okta-addresses", "any", /any is none of public, private, loopback/],
  ["--okta-addresses", ",", /is empty/],
] as const) {
  test(`${flag} ${value} is refused`, (t) => {
    t.throws(() => parsed(flag, value), { instanceOf: FlagError, message: says });
  });
}
