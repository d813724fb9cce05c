import test from "ava";
import type { Request } from "express";
import { formField } from "../../../webhook/http/form-field.ts";

test("a field counts when it was sent once, as text; whatever else came is as good as missing", (t) => {
  const read = (body: unknown) => formField({ body } as Request, "token");
  t.is(read({ token: "abc" }), "abc");
  t.is(read({ token: "" }), "");
  for (const body of [
    undefined,
    null,
    "token",
    7,
    {},
    { other: "abc" },
    { token: ["a", "b"] },
    { token: { a: "b" } },
    { token: 1 },
    Object.create({ token: "of its prototype" }),
    Object.assign(() => {}, { token: "of a function" }),
  ])
    t.is(read(body), undefined, JSON.stringify(body));
});
