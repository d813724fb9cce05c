import test from "ava";
import { ApiError, NotFoundError } from "../../../kubernetes/client/errors.ts";
import { parseOr, readJSON, readList, readObject } from "../../../kubernetes/client/read-answer.ts";

const asked = { method: "GET", path: "/api/v1/configmaps" };
const answer = (status: number, body: string) => ({ status, body, retryAfterMs: undefined });
const reasonOf = (read: () => unknown): [number, string | undefined] | "none" => {
  try {
    read();
    return "none";
  } catch (error) {
    return error instanceof ApiError ? [error.status, error.reason] : [0, String(error)];
  }
};

test("JSON is read from a success only, and only where there is some", (t) => {
  t.deepEqual(readJSON(asked, answer(200, '{"a":1}')), { a: 1 });
  t.deepEqual(readJSON(asked, answer(299, "[]")), []);
  for (const body of ["", "<html>", "7", "null", '"text"'])
    t.deepEqual(
      reasonOf(() => readJSON(asked, answer(200, body))),
      [200, "NotJSON"],
      body,
    );
  for (const status of [199, 300, 302])
    t.is(reasonOf(() => readJSON(asked, answer(status, "{}")))[0], status);
  const error = t.throws(() => readJSON(asked, answer(201, "<html>")));
  t.regex(error.message, /^GET \/api\/v1\/configmaps: the answer isn't JSON/);
});

test("an error is what the API server says of it", (t) => {
  const status = { kind: "Status", reason: "NotFound", code: 404, message: "no such thing" };
  t.throws(() => readJSON(asked, answer(404, JSON.stringify(status))), {
    instanceOf: NotFoundError,
    message: /no such thing/,
  });
  t.throws(() => readJSON(asked, answer(502, "<html>")), { instanceOf: ApiError, message: /502/ });
});

test("an object has metadata", (t) => {
  const object = { metadata: { name: "x" } };
  t.deepEqual(readObject(asked, answer(200, JSON.stringify(object))), object);
  for (const other of [{}, [], { metadata: null }, { metadata: "x" }])
    t.deepEqual(
      reasonOf(() => readObject(asked, answer(200, JSON.stringify(other)))),
      [200, "NotAnObject"],
    );
});

test("a list has a resourceVersion, and objects, if any", (t) => {
  const metadata = { resourceVersion: "7" };
  const item = { metadata: { name: "x" } };
  t.deepEqual(readList(asked, { metadata, items: [item] }), {
    items: [item],
    resourceVersion: "7",
    continueToken: undefined,
  });
  for (const items of [null, []])
    for (const kind of [undefined, "PodList"])
      t.deepEqual(readList(asked, { kind, metadata, items }).items, []);
  t.is(readList(asked, { metadata: { ...metadata, continue: "more" }, items: [] }).continueToken, "more");
  for (const next of ["", 7, null])
    t.is(readList(asked, { metadata: { ...metadata, continue: next }, items: [] }).continueToken, undefined);
  for (const other of [
    undefined,
    null,
    7,
    {},
    { metadata: null },
    { metadata: {} },
    { metadata: { resourceVersion: 7 }, items: [] },
    { metadata },
    { kind: "Table", metadata, rows: [] },
    { kind: "Pod", metadata, items: [] },
    { metadata, items: {} },
    { metadata, items: "x" },
    { metadata, items: [item, {}] },
    { metadata, items: [item, null] },
  ])
    t.deepEqual(
      reasonOf(() => readList(asked, other)),
      [200, "NotAList"],
      JSON.stringify(other),
    );
});

test("what isn't JSON is what is to be taken instead", (t) => {
  t.is(parseOr("7", undefined), 7);
  t.is(parseOr("{", "else"), "else");
});
