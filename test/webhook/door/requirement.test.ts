import test from "ava";
import { type Requirement, readRequirement } from "../../../webhook/door/requirement.ts";

const required = (organization: string, ...roles: string[]): Requirement => ({
  kind: "requirement",
  organization,
  roles,
});

for (const [query, expected] of [
  ["organization=access/acme", required("access/acme")],
  ["organization=access%2Facme", required("access/acme")],
  ["organization=access%2facme&role=service-admin", required("access/acme", "service-admin")],
  ["role=a&organization=n/o&role=b", required("n/o", "a", "b")],
  ["organization=n/o.with.dots&role=%61dmin", required("n/o.with.dots", "admin")],
] as const)
  test(`understood: ${query}`, (t) => {
    t.deepEqual(readRequirement(`/session?${query}`), expected);
  });

test("no query requires nothing", (t) => {
  t.deepEqual(readRequirement("/session"), { kind: "requirement", roles: [] });
});

for (const [query, parameter] of [
  // other names
  ["roles=admin", "roles"],
  ["organization=n/o&roles=admin", "roles"],
  ["organization=n/o&role[]=admin", "role[]"],
  ["organization=n/o&Role=admin", "Role"],
  ["Organization=n/o", "Organization"],
  ["organization=n/o&amp;role=admin", "amp;role"],
  ["organization=n/o;role=admin", "organization"],
  ["org=n/o", "org"],
  ["organizations=n/o", "organizations"],
  ["organization=n/o& role=admin", " role"],
  ["organization=n/o&r%6Fle=admin", "r%6Fle"],
  ["organization=n/o&role=admin&rd=/reports", "rd"],
  ["organization=n/o&__proto__=admin", "__proto__"],
  // no parameter where one is expected
  ["", undefined],
  ["&", ""],
  ["organization=n/o&", ""],
  ["organization=n/o&&role=admin", ""],
  ["=admin", ""],
  ["?organization=n/o", "?organization"],
  // no value, or none that could be met
  ["organization", "organization"],
  ["organization=", "organization"],
  ["organization=n/o&role", "role"],
  ["organization=n/o&role=", "role"],
  ["organization=acme", "organization"],
  ["organization=n/o/p", "organization"],
  ["organization=n%252Fo", "organization"],
  ["organization=N/O", "organization"],
  ["organization=n/o+", "organization"],
  ["organization=n/o#", undefined],
  ["organization=n/-o", "organization"],
  [`organization=n/${"o".repeat(64)}`, "organization"],
  ["organization=n/o&role=Admin", "role"],
  ["organization=n/o&role=a,b", "role"],
  ["organization=n/o&role=a+b", "role"],
  ["organization=n/o&role=a%20", "role"],
  ["organization=n/o&role=a%00", "role"],
  ["organization=n/o&role=a=b", "role"],
  ["organization=n/o&role=%D0%B0dmin", "role"],
  [`organization=n/o&role=${"a".repeat(64)}`, "role"],
  // malformed escapes
  ["organization=n/o&role=%", "role"],
  ["organization=n/o&role=%zz", "role"],
  ["organization=n/o&role=%ff", "role"],
  ["organization=n/o&role=a%", "role"],
  // more than one, and a role of nobody's
  ["organization=n/o&organization=n/o", "organization"],
  ["organization=n/o&organization=n/p", "organization"],
  ["role=admin", "role"],
  [`organization=n/o${"&role=admin".repeat(500)}`, undefined],
] as const)
  test(`refused: ${query.slice(0, 60)}`, (t) => {
    const answer = readRequirement(`/session?${query}`);
    t.is(answer.kind, "misunderstood");
    if (answer.kind === "misunderstood") t.is(answer.parameter, parameter);
  });

test("what is behind a # isn't lost, but refused", (t) => {
  for (const url of ["/session#role=admin", "/session#?organization=n/o&role=admin"])
    t.is(readRequirement(url).kind, "misunderstood", url);
});
