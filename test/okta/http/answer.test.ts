import { inspect } from "node:util";
import test from "ava";
import { first, type HttpAnswer, parseJson } from "../../../okta/http/answer.ts";
import { NotJsonError } from "../../../okta/http/http-errors.ts";

function answer(type: string | string[] | undefined, body: string | Buffer = '{"a":"ä"}'): HttpAnswer {
  const headers = type === undefined ? {} : { "content-type": type };
  return { where: "https://acme.okta.com/x", status: 200, headers, body: Buffer.from(body) };
}

test("JSON is what says so, in whatever letters and with whatever beside it", (t) => {
  for (const type of [
    "application/json",
    "application/json;charset=utf-8",
    " Application/JSON ; charset=utf-8",
    "application/jwk-set+json",
    "application/problem+JSON",
    ["application/json", "text/html"],
  ])
    t.deepEqual(parseJson(answer(type)), { a: "ä" }, String(type));
});

test("what doesn't say so isn't, nor what only does", (t) => {
  for (const type of [
    undefined,
    "",
    "text/html",
    "text/html; application/json",
    "application/json-seq",
    "application/jsonp+jsonx",
    ["text/html", "application/json"],
    [],
  ])
    t.throws(() => parseJson(answer(type)), { instanceOf: NotJsonError }, String(type));
  for (const body of ["", "<html>", '{"a":', Buffer.from([0x22, 0xff, 0x22])]) {
    const error = t.throws(() => parseJson(answer("application/json", body)), { instanceOf: NotJsonError });
    t.true(error.message.startsWith("https://acme.okta.com/x "));
    t.true(error.cause instanceof Error);
  }
});

test("what isn't JSON isn't quoted", (t) => {
  const error = t.throws(() => parseJson(answer("application/json", '{"name": Ada}')));
  t.notRegex(inspect(error, { depth: 20, showHidden: true }), /Ada/);
});

test("of a header that comes twice the first counts", (t) => {
  t.is(first(["a", "b"]), "a");
  t.is(first("ab"), "ab");
  t.is(first([]), undefined);
  t.is(first(undefined), undefined);
});
