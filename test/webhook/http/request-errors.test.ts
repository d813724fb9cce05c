import test from "ava";
import { bodyError, RequestError } from "../../../webhook/http/request-errors.ts";

test("what express and its parsers find wrong is the request's fault; what has a status for another reason isn't", (t) => {
  const wrong = (more: object, error: Error = new Error("of theirs")) =>
    bodyError(Object.assign(error, more));
  for (const error of [
    wrong({ status: 413, expose: true }),
    wrong({ status: 413 }, new URIError("%E0%A4%A")),
    wrong({ status: 413, expose: false }, new URIError("%E0%A4%A")),
  ]) {
    t.true(error instanceof RequestError);
    t.like(error, { code: "request-invalid", status: 413, title: "This request can't be understood" });
    t.notRegex(error?.message ?? "", /of theirs|%E0/, "it repeats nothing");
  }
  for (const other of [
    wrong({}),
    wrong({}, new URIError("%")),
    wrong({ expose: true }),
    wrong({ status: "413", expose: true }),
    wrong({ status: 500, expose: false }),
    wrong({ status: 404 }),
    wrong({ status: 413, expose: "yes" }),
    bodyError({ status: 413, expose: true }),
    bodyError(undefined),
    bodyError("413"),
  ])
    t.is(other, undefined);
});
