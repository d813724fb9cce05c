import test from "ava";
import { countsOf } from "./ava-counts.ts";

test("all passed", (t) => {
  const output = "\n  ✔ policy › order never matters (12ms)\n  ✔ policy › union\n  ─\n\n  2 tests passed\n";
  t.deepEqual(countsOf(output, 0), { passed: 2, failed: 0, skipped: 0 });
});

test("some failed, in colour", (t) => {
  const output = [
    "  \u001b[32m✔\u001b[39m a › works",
    "  \u001b[31m✘\u001b[39m \u001b[31m[fail]\u001b[39m: a › breaks",
    "  - [skip] a › later",
    "  ─",
    "",
    "  a › breaks",
    "",
    "  \u001b[31m1 test failed\u001b[39m",
    "  \u001b[33m1 test skipped\u001b[39m",
    "  \u001b[31m2 uncaught exceptions\u001b[39m",
  ].join("\n");
  t.deepEqual(countsOf(output, 1), { passed: 1, failed: 3, skipped: 1 });
});

test("a failed hook and tests that hang count as failed", (t) => {
  const output = "  ─\n\n  1 hook failed\n  3 tests remained pending after a timeout\n";
  t.deepEqual(countsOf(output, 1), { passed: 0, failed: 4, skipped: 0 });
});

test("a file that doesn't load has no number and counts as one", (t) => {
  t.deepEqual(countsOf("  ✘ test/a.test.ts exited with a non-zero exit code: 1\n", 1), {
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});
