import test from "ava";
import { oktaHttp } from "../../organizations/okta-http.ts";
import { logLines } from "../log-lines.ts";

const PUBLIC = { "okta-hosts": "", "okta-addresses": "public" };

test("why a host isn't called stands in the log, once in a while, and not in the error", async (t) => {
  const { log, lines } = logLines();
  const http = oktaHttp(PUBLIC, {}, log);
  for (let i = 0; i < 3; i++) {
    const error = await t.throwsAsync(http.json("https://10.96.0.1/x"));
    t.notRegex(error?.message ?? "", /may be called/);
  }
  t.is(lines.length, 1);
  t.like(lines[0], { host: "10.96.0.1", why: "nothing may be called there", addresses: ["public"] });
  await http.close();
});

test("a proxy that looks names up itself is warned of where no hosts are listed", async (t) => {
  const { log, lines } = logLines();
  const environment = { HTTPS_PROXY: "http://proxy.example.com:3128" };
  await oktaHttp(PUBLIC, environment, log).close();
  t.regex(String(lines[0]?.msg), /--okta-hosts/);
  await oktaHttp({ ...PUBLIC, "okta-hosts": "*.okta.com" }, environment, log).close();
  t.is(lines.length, 1);
});

test("where hosts are listed, no other is called", async (t) => {
  const { log } = logLines();
  const http = oktaHttp({ ...PUBLIC, "okta-hosts": "*.okta.com" }, {}, log);
  await t.throwsAsync(http.json("https://elsewhere.example/"), { code: "host-not-listed" });
  await http.close();
});
