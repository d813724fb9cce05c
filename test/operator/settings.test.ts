import test from "ava";
import { operatorFlags } from "../../operator/flags.ts";
import { operatorSettings } from "../../operator/settings.ts";
import { flagValues } from "../flag-values.ts";

const settingsOf = (...argv: string[]) => operatorSettings(flagValues(operatorFlags, argv), "own");

test("without flags the operator keeps its own namespace, with a hundred login paths that are kept for a week", (t) => {
  const { loginPaths, ...rest } = settingsOf();
  t.deepEqual(rest, {
    release: "own/okta-role-operator",
    namespaces: ["own"],
    tokenReviews: true,
    baseURL: "http://localhost:8080",
  });
  const { prefixes, ...bounds } = loginPaths;
  t.deepEqual(bounds, {
    object: { namespace: "own", name: "okta-role-operator-login-paths" },
    perNamespace: 100,
    retentionMs: 7 * 24 * 3_600_000,
  });
  t.true(prefixes.allow("anybody", "anything"));
});

test("each flag sets what it says, and nothing else", (t) => {
  const { loginPaths, ...rest } = settingsOf(
    ...["--lease", "release", "--watch-namespaces", "*", "--login-paths", "paths"],
    ...["--login-path-prefixes", "team-a=a-", "--token-reviews", "no"],
    ...["--login-paths-per-namespace", "3", "--login-path-retention", "5"],
    ...["--base-url", "https://login.example.com/"],
  );
  t.deepEqual(rest, {
    release: "own/release",
    namespaces: "all",
    tokenReviews: false,
    baseURL: "https://login.example.com",
  });
  const { prefixes, ...bounds } = loginPaths;
  t.deepEqual(bounds, {
    object: { namespace: "own", name: "paths" },
    perNamespace: 3,
    retentionMs: 5 * 3_600_000,
  });
  t.false(prefixes.allow("team-b", "a-1"));
});
