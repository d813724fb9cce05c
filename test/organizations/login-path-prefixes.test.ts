import test from "ava";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";

test("without prefixes any namespace may use any path", (t) => {
  t.true(new LoginPathPrefixes().allow("team-a", "acme"));
});

test("a namespace with prefixes uses paths that begin so, and no other namespace does", (t) => {
  const prefixes = new LoginPathPrefixes([
    ["team-a", "a-"],
    ["team-a", "acme"],
    ["team-b", "b-"],
  ]);
  t.deepEqual(prefixes.of("team-a"), ["a-", "acme"]);
  for (const path of ["a-one", "acme", "acme-eu"]) {
    t.true(prefixes.allow("team-a", path), path);
    t.false(prefixes.allow("team-b", path), path);
    t.false(prefixes.allow("team-c", path), path);
  }
  t.false(prefixes.allow("team-a", "one"), "it has prefixes, so that others are out");
  t.false(prefixes.allow("team-a", "b-one"));
  t.true(prefixes.allow("team-c", "one"));
  t.true(prefixes.allow("team-c", "a"), "the prefix is longer");
});

test("of two prefixes the longer one counts; one prefix can be several namespaces'", (t) => {
  const prefixes = new LoginPathPrefixes([
    ["team-a", "a-"],
    ["team-b", "a-b-"],
    ["team-b-test", "a-b-"],
  ]);
  t.true(prefixes.allow("team-a", "a-one"));
  t.false(prefixes.allow("team-a", "a-b-one"));
  t.true(prefixes.allow("team-b", "a-b-one"));
  t.true(prefixes.allow("team-b-test", "a-b-one"));
  t.false(prefixes.allow("team-b", "a-one"));
});
