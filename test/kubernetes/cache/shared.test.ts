import test from "ava";
import { Shared, SharedStrings } from "../../../kubernetes/index.ts";

test("what is shared is the first of its kind, and forgotten when there are too many", (t) => {
  const shared = new Shared<{ key: string }>(2);
  const [a, b] = [{ key: "a" }, { key: "b" }];
  t.is(shared.of("a", a), a);
  t.is(shared.of("a", { key: "a" }), a);
  shared.of("b", b);
  t.is(shared.of("a", { key: "a" }), a, "there is room for both");
  const c = { key: "c" };
  t.is(shared.of("c", c), c);
  t.not(shared.of("a", { key: "a" }), a);
  t.is(new SharedStrings().of("text"), "text");
});
