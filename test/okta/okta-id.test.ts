import test from "ava";
import { isID } from "../../okta/okta-id.ts";

test("an id is of letters, digits, - and _, and of a hundred at most", (t) => {
  for (const id of ["0", "00u1aB2-_", "x".repeat(100)]) t.true(isID(id), id);
  for (const id of ["", "x".repeat(101), "a/b", "..", "a b", "00u1\n", " 00u1", "ada@acme.example", "é"])
    t.false(isID(id), id);
});
