import test from "ava";
import type { Request } from "express";
import fc from "fast-check";
import { EXPLAIN_PARAMETERS, USERS_PARAMETERS } from "../../../webhook/api/parameters.ts";
import { oneOf, queryOf, wholeNumber } from "../../../webhook/api/query.ts";
import { ParameterError } from "../../../webhook/api/refusals.ts";

const asked = (originalUrl: string) => queryOf({ originalUrl } as Request, EXPLAIN_PARAMETERS);

/** Of what is thrown, the parameter that is at fault and what is said of it. */
function refusal(ask: () => unknown): [parameter: string | undefined, message: string] | undefined {
  try {
    ask();
    return undefined;
  } catch (error) {
    if (error instanceof ParameterError) return [error.parameter, error.message];
    throw error;
  }
}

test("the parameters of a question are what its address says", (t) => {
  t.deepEqual(asked("/x"), {});
  t.deepEqual(asked("/x?"), {});
  t.deepEqual(asked("/x?role=a%20b&email=ada+b%40acme.example"), {
    role: "a b",
    email: "ada b@acme.example",
  });
  t.deepEqual(asked("/x?role=a?b"), { role: "a?b" }, "all that follows the first question mark");
  t.deepEqual(asked("/x?role=a\nb"), { role: "a\nb" });
  t.deepEqual(asked(`/x?role=${"r".repeat(1_000)}`), { role: "r".repeat(1_000) });
  t.deepEqual(queryOf({ originalUrl: "/x" } as Request, {}), {});
});

test("whatever parameters are sent, each once, they are what is read", (t) => {
  const names = Object.keys(USERS_PARAMETERS);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string({ minLength: 1 })), (sent) => {
      const originalUrl = `/x?${new URLSearchParams(sent)}`;
      t.deepEqual({ ...queryOf({ originalUrl } as Request, USERS_PARAMETERS) }, { ...sent });
    }),
    { numRuns: 50 },
  );
});

test("nothing is overlooked: which parameter isn't understood is said, and why", (t) => {
  const there = "There is no such parameter here: there are role, email, user.";
  for (const [address, parameter, message] of [
    ["/x?Role=a", "Role", there],
    ["/x?=a", "", there],
    [`/x?${"long".repeat(20)}=a`, "long".repeat(20).slice(0, 50), there],
    ["/x?role=a&email=b&role=a", "role", "role may be there once."],
    ["/x?role=", "role", "role has no value: leave it out, or give it one."],
    ["/x?email", "email", "email has no value: leave it out, or give it one."],
    [`/x?user=${"u".repeat(1_001)}`, "user", "user has more than 1000 characters."],
  ] as const)
    t.deepEqual(
      refusal(() => asked(address)),
      [parameter, message],
    );
  t.deepEqual(
    refusal(() => queryOf({ originalUrl: "/x?role=a" } as Request, {})),
    ["role", "There is no such parameter here: there are none."],
  );
});

test("a word is one of those that there are, and a number within its bounds", (t) => {
  t.is(oneOf("sort", "name", ["email", "name"]), "name");
  t.deepEqual(
    refusal(() => oneOf("sort", "Name", ["email", "name"])),
    ["sort", "sort is one of email, name."],
  );
  const number = (value: string) => wholeNumber("limit", value, { min: 1, max: 500 });
  t.deepEqual([number("1"), number("007"), number("500")], [1, 7, 500]);
  for (const value of ["0", "501", "", "1.5", "-1", "1e2", "0x1", " 1", "1 ", "ten", "1234567890"])
    t.deepEqual(
      refusal(() => number(value)),
      ["limit", "limit is a number from 1 to 500."],
      value,
    );
  t.deepEqual(
    refusal(() => wholeNumber("limit", "1234567890", { min: 1, max: 1e12 })),
    ["limit", "limit is a number from 1 to 1000000000000."],
    "ten digits are none",
  );
  t.is(wholeNumber("limit", "123456789", { min: 1, max: 1e12 }), 123_456_789);
});
