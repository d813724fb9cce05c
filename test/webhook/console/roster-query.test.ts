import test from "ava";
import { readListAddress, writeListAddress } from "../../../webhook/console/roster-query.ts";

test("without parameters, or with empty ones, it is the first page of everybody, by their email", (t) => {
  const first = readListAddress({});
  t.like(first, { sort: "email", descending: false });
  t.is(writeListAddress(first), "");
  t.deepEqual(readListAddress({ search: "", role: "", state: "", sort: "", order: "", after: "" }), first);
});

test("what an address asks for is what is written of it", (t) => {
  for (const query of [
    "?search=ada+l%26&role=admin&group=g+1&state=Active&source=Okta",
    "?sort=lastSignIn&order=descending&after=abc",
    "?state=Undecided&source=Local&sort=name&before=x",
  ])
    t.is(writeListAddress(readListAddress(Object.fromEntries(new URLSearchParams(query)))), query);
  t.is(
    writeListAddress(readListAddress({ sort: "email", order: "ascending" })),
    "",
    "the first order is the usual one",
  );
  t.is(writeListAddress(readListAddress({ order: "descending" })), "?order=descending");
});

test("what can't be is refused by the parameter's name, with what it may be", (t) => {
  for (const [name, value, words] of [
    ["state", "active", /The parameter state is one of Active, Deactivated, Undecided\./],
    ["source", "LDAP", /source is one of Okta, Local/],
    ["sort", "age", /sort is one of email, name, lastSignIn, state/],
    ["order", "up", /order is one of ascending, descending/],
    ["search", ["a", "b"], /search has to be given once, in 1024 characters/],
    ["role", "x".repeat(1_025), /role has to be given once/],
    ["after", "x".repeat(4_097), /after has to be given once, in 4096 characters/],
    ["before", { a: "b" }, /before has to be given once/],
  ] as const) {
    const error = t.throws(() => readListAddress({ [name]: value }), { code: "parameter-invalid" });
    t.like(error, { status: 400 });
    t.regex(error?.message ?? "", words);
  }
  t.is(readListAddress({ search: "x".repeat(1_024) }).search?.length, 1_024);
  t.is(readListAddress({ after: "x".repeat(4_096) }).after?.length, 4_096);
});
