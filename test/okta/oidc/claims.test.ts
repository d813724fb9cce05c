import test from "ava";
import fc from "fast-check";
import { type Claims, completePerson, readGroupsClaim, readPerson } from "../../../okta/oidc/claims.ts";

/** As many as an OrganizationUser holds. */
const MAX_GROUPS = 5_000;

const NAMES = { groups: "groups", email: "email", name: "name" };
const parse = (json: string): Claims => JSON.parse(json);

for (const [what, claims, expected] of [
  ["a list of names", { groups: ["a", "b"] }, { kind: "groups", names: ["a", "b"] }],
  ["an empty list", { groups: [] }, { kind: "groups", names: [] }],
  [
    "names with space and case of their own",
    { groups: [" A ", "a"] },
    { kind: "groups", names: [" A ", "a"] },
  ],
  ["a name that comes twice", { groups: ["a", "a"] }, { kind: "groups", names: ["a"] }],
  [
    "a name as long as is read",
    { groups: ["a".repeat(1_024)] },
    { kind: "groups", names: ["a".repeat(1_024)] },
  ],
  ["as many as are read", { groups: many(MAX_GROUPS) }, { kind: "groups", names: many(MAX_GROUPS) }],
  ["nothing", {}, { kind: "missing" }],
  ["null", { groups: null }, { kind: "missing" }],
] as const) {
  test(`a groups claim that holds ${what}`, (t) =>
    t.deepEqual(readGroupsClaim(claims, "groups"), expected as never));
}

for (const [what, groups, why] of [
  ["a string", "service_admin", "is a string"],
  ["a string with commas", "a,b", "is a string"],
  ["an object", { 0: "a", length: 1 }, "is an object"],
  ["a number", 7, "is a number"],
  ["true", true, "is a boolean"],
  ["a list with a number", ["a", 7], "holds a number"],
  ["a list with null", ["a", null], "holds null"],
  ["a list with an object", [{ name: "a" }], "holds an object"],
  ["a list of lists", [["a"]], "holds a list"],
  ["an empty name", ["a", ""], "holds an empty name"],
  ["too many", many(MAX_GROUPS + 1), `holds ${MAX_GROUPS + 1} groups`],
  ["a name that is too long", ["a".repeat(1_025)], "1025 characters"],
] as const) {
  test(`a groups claim that is ${what} is refused as a whole`, (t) => {
    const read = readGroupsClaim({ groups }, "groups");
    t.is(read.kind, "invalid");
    if (read.kind === "invalid") t.true(read.why.includes(why), read.why);
  });
}

for (const name of ["https://acme.example.com/claims/groups", "acme.groups", "a b", "groups[0]"]) {
  test(`a claim's name is taken literally: ${name}`, (t) => {
    t.deepEqual(readGroupsClaim({ [name]: ["a"], acme: { groups: ["b"] } }, name), {
      kind: "groups",
      names: ["a"],
    });
  });
}

for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
  test(`a claim called ${name} is read from the token only`, (t) => {
    t.deepEqual(readGroupsClaim({}, name), { kind: "missing" });
    t.deepEqual(readGroupsClaim(parse(`{"${name}": ["a"]}`), name), { kind: "groups", names: ["a"] });
  });
}

test("claims can't hide in the prototype", (t) => {
  t.deepEqual(readGroupsClaim(parse('{"__proto__": {"groups": ["admin"]}}'), "groups"), { kind: "missing" });
});

test("whatever JSON the claim is, it is a list of its own strings, missing or refused", (t) => {
  const law = fc.property(fc.jsonValue(), (value) => {
    const read = readGroupsClaim({ groups: value }, "groups");
    return read.kind === "groups"
      ? Array.isArray(value) && read.names.every((name) => value.includes(name))
      : (read.kind === "missing") === (value === null);
  });
  t.notThrows(() => fc.assert(law));
});

for (const [what, claims, expected] of [
  ["verified", { email: "ada@example.com", email_verified: true }, true],
  ["not verified", { email: "ada@example.com", email_verified: false }, false],
  ["verified in a word", { email: "ada@example.com", email_verified: "true" }, false],
  ["verified by a number", { email: "ada@example.com", email_verified: 1 }, false],
  ["said nothing of", { email: "ada@example.com" }, false],
  ["verified and absent", { email_verified: true }, false],
] as const) {
  test(`an address that is ${what} ${expected ? "counts" : "doesn't count"} as verified`, (t) => {
    t.is(readPerson({ iss: "i", sub: "s", ...claims }, NAMES).emailVerified, expected);
  });
}

test("a person's name and address are those of the claims that are asked for", (t) => {
  const claims = { iss: "i", sub: "s", nick: " Ada ", mail: "ada@example.com", name: "Eve" };
  t.deepEqual(readPerson(claims, { groups: "groups", email: "mail", name: "nick" }), {
    issuer: "i",
    subject: "s",
    email: "ada@example.com",
    emailVerified: false,
    name: "Ada",
  });
});

test("email_verified doesn't vouch for an address in another claim", (t) => {
  const claims = {
    iss: "i",
    sub: "s",
    email: "ada@example.com",
    email_verified: true,
    upn: "boss@example.com",
  };
  const names = { ...NAMES, email: "upn" };
  t.like(readPerson(claims, names), { email: "boss@example.com", emailVerified: false });
  t.true(readPerson({ ...claims, upn: "ada@example.com" }, names).emailVerified);
});

for (const [what, value] of [
  ["a number", 7],
  ["a list", ["ada@example.com"]],
  ["empty", " "],
  ["endless", "a".repeat(1_000)],
  ["null", null],
] as const) {
  test(`an address or a name that is ${what} is left out`, (t) => {
    t.deepEqual(readPerson({ iss: "i", sub: "s", email: value, name: value, email_verified: true }, NAMES), {
      issuer: "i",
      subject: "s",
      emailVerified: false,
    });
  });
}

for (const [what, email] of [
  ["text that turns around", "ada@acme.example\u202E"],
  ["a command to a terminal", "ada\u001b[2J@acme.example"],
  ["a space", "ada ada@acme.example"],
] as const)
  test(`an address with ${what} in it is left out`, (t) => {
    t.like(readPerson({ iss: "i", sub: "s", email, email_verified: true }, NAMES), {
      email: undefined,
      emailVerified: false,
    });
  });

test("userinfo fills in what the ID token leaves out, and nothing else", (t) => {
  const idToken = { issuer: "i", subject: "s", name: "Ada", emailVerified: false };
  const userInfo = { issuer: "i", subject: "s", name: "Eve", email: "ada@example.com", emailVerified: true };
  t.deepEqual(completePerson(idToken, userInfo), { ...userInfo, name: "Ada" });
});

function many(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `group-${i}`);
}

test("an address vouches for itself alone, and what the ID token says counts before userinfo", (t) => {
  const names = { groups: "groups", email: "mail", name: "name" };
  const claims = { iss: "i", sub: "s" };
  const read = (more: object, of = names) => readPerson({ ...claims, ...more }, of);
  t.deepEqual(read({}), { issuer: "i", subject: "s", emailVerified: false });
  t.false(read({ email_verified: true }).emailVerified, "of nothing");
  const verified = { email: "ada@acme.example", email_verified: true };
  t.true(read({ ...verified, mail: "ada@acme.example" }).emailVerified);
  t.false(read({ ...verified, mail: "root@acme.example" }).emailVerified, "of another one");
  t.false(read({ ...verified, email_verified: "true", mail: "ada@acme.example" }).emailVerified);
  const person = { issuer: "i", subject: "s" };
  const [mine, theirs] = [
    { ...person, email: "a@acme.example", emailVerified: false, name: "A" },
    { ...person, email: "b@acme.example", emailVerified: true, name: "B" },
  ];
  t.deepEqual(completePerson(mine, theirs), mine);
  t.deepEqual(completePerson({ ...person, emailVerified: false }, theirs), theirs);
});
