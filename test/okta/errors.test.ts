import { inspect } from "node:util";
import test from "ava";
import { OktaError, withoutPayload } from "../../okta/errors.ts";

class SomethingWrongError extends OktaError {
  readonly code = "something-wrong";
}

test("an error is called what its class is called", (t) => {
  const cause = new Error("why");
  const error = new SomethingWrongError("It went wrong.", { cause });
  t.is(error.name, "SomethingWrongError");
  t.is(error.message, "It went wrong.");
  t.is(error.cause, cause);
  t.is(withoutPayload(error), error, "it is safe as it is");
});

test("what a library hangs on its errors is gone, and what they say and where they come from isn't", (t) => {
  const inner = Object.assign(new RangeError("inner"), { response: { id_token: "eyJ-inner" } });
  const outer = Object.assign(new TypeError("outer", { cause: inner }), { body: "eyJ-outer" });
  const bare = withoutPayload(outer);
  t.is(bare.message, "outer");
  t.is(bare.name, "TypeError");
  t.is(bare.stack, outer.stack);
  t.like(bare.cause, { message: "inner", name: "RangeError", stack: inner.stack });
  t.notRegex(inspect(bare, { depth: 20, showHidden: true }), /eyJ/);
});

test("a cause that isn't an error is left out, one of our own stays", (t) => {
  const told = inspect(withoutPayload(new Error("outer", { cause: { claims: "eyJ" } })));
  t.notRegex(told, /eyJ/);
  const own = new SomethingWrongError("It went wrong.");
  t.is(withoutPayload(new Error("outer", { cause: own })).cause, own);
  t.notRegex(inspect(withoutPayload(new Error("alone"))), /cause/);
});

test("what a parser quotes isn't shown, not even as a cause", (t) => {
  const parse = t.throws(() => JSON.parse('{"access_token": eyJ}'), { instanceOf: SyntaxError });
  t.regex(parse.message, /eyJ/);
  for (const error of [parse, new Error("it can't be read", { cause: parse })])
    t.notRegex(inspect(withoutPayload(error), { depth: 20, showHidden: true }), /eyJ/);
});

test("whatever is thrown becomes an error", (t) => {
  for (const thrown of [undefined, null, "eyJ", { message: "eyJ" }]) {
    const error = withoutPayload(thrown);
    t.true(error instanceof Error);
    t.notRegex(error.message, /eyJ/);
  }
  const bare = new Error("without a stack");
  delete bare.stack;
  t.is(typeof withoutPayload(bare).stack, "string");
});
