import test from "ava";
import { identityHeaders } from "../../../webhook/door/identity-headers.ts";

const ada = {
  user: "access/acme-abcdefghijklmnop",
  email: "ada@acme.example",
  organization: "access/acme",
  roles: ["portal-admin", "service-admin"],
};

/** Of the longest names that there can be. */
const longest = {
  user: `${"n".repeat(63)}/${"o".repeat(63)}-abcdefghijklmnop`,
  email: `${"e".repeat(241)}@acme.example`,
  organization: `${"n".repeat(63)}/${"o".repeat(63)}`,
};

function bytes(headers: Record<string, string>): number {
  return Buffer.byteLength(
    Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join(""),
  );
}

test("who it is and what they hold", (t) => {
  t.deepEqual(identityHeaders(ada), {
    "X-Auth-Request-User": "access/acme-abcdefghijklmnop",
    "X-Auth-Request-Email": "ada@acme.example",
    "X-Auth-Request-Organization": "access/acme",
    "X-Auth-Request-Roles": "portal-admin,service-admin",
    "X-Auth-Request-Roles-Omitted": "",
  });
});

for (const count of [0, 1, 12, 40, 128])
  for (const length of [8, 30, 63])
    test(`${count} roles of ${length} characters stay under 1 KiB, all of them or none`, (t) => {
      const roles = Array.from({ length: count }, (_, i) => `${i}`.padEnd(length, "r"));
      for (const who of [ada, longest]) {
        const headers = identityHeaders({ ...who, roles });
        t.true(bytes(headers) < 1024, `${bytes(headers)} bytes`);
        t.is(headers["X-Auth-Request-User"], who.user);
        t.is(headers["X-Auth-Request-Email"], who.email);
        const { "X-Auth-Request-Roles": told, "X-Auth-Request-Roles-Omitted": omitted } = headers;
        t.deepEqual([told, omitted], omitted === "" ? [roles.join(","), ""] : ["", String(count)]);
      }
    });

test("40 roles of usual names are told", (t) => {
  const roles = Array.from({ length: 40 }, (_, i) => `service-admin${i}`);
  t.is(identityHeaders({ ...ada, roles })["X-Auth-Request-Roles"], roles.join(","));
});

for (const email of [
  "jörg@acme.example",
  "b c@acme.example",
  "a\r\nX-Admin: 1@acme.example",
  "e".repeat(255),
  "",
])
  test(`an address that can't be told as it is isn't told: ${JSON.stringify(email).slice(0, 40)}`, (t) => {
    t.is(identityHeaders({ ...ada, email })["X-Auth-Request-Email"], "");
  });
