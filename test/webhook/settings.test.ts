import test from "ava";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import { webhookFlags } from "../../webhook/flags.ts";
import { webhookSettings } from "../../webhook/settings.ts";
import { flagValues } from "../flag-values.ts";

const settingsOf = (...argv: string[]) => webhookSettings(flagValues(webhookFlags, argv), "own");

test("without flags the webhook serves its own namespace, as the chart's first release does", (t) => {
  t.deepEqual(settingsOf(), {
    release: "own/okta-role-operator",
    namespaces: ["own"],
    loginPaths: {
      object: { namespace: "own", name: "okta-role-operator-login-paths" },
      prefixes: new LoginPathPrefixes(),
    },
    tokenReviews: true,
    namespace: "own",
    sessionSecret: { namespace: "own", name: "okta-role-operator-session-keys" },
    keys: { times: { rotateAfterMs: 24 * 3_600_000 } },
    applicationHosts: [],
    cookieDomain: undefined,
    maxStalenessMs: 30_000,
    trustedProxies: false,
    loginsPerMinute: 600,
    localFailuresPerMinute: 10,
    loginsAtOnce: 64,
    apiRequestsPerMinute: 600,
  });
});

test("each flag sets what it says, and nothing else", (t) => {
  const settings = settingsOf(
    ...["--lease", "release", "--watch-namespaces", "team-a,team-b", "--login-paths", "paths"],
    ...["--login-path-prefixes", "team-a=a-", "--token-reviews", "no", "--session-secret", "keys"],
    ...["--session-key-rotation", "48", "--application-hosts", "a.example.com,b.example.com"],
    ...["--cookie-domain", "example.com", "--max-staleness", "7", "--trusted-proxies", "2"],
    ...["--login-rate", "11", "--local-login-rate", "12", "--logins-at-once", "13", "--api-rate", "14"],
  );
  const { loginPaths, ...rest } = settings;
  t.deepEqual(rest, {
    release: "own/release",
    namespaces: ["team-a", "team-b"],
    tokenReviews: false,
    namespace: "own",
    sessionSecret: { namespace: "own", name: "keys" },
    keys: { times: { rotateAfterMs: 48 * 3_600_000 } },
    applicationHosts: ["a.example.com", "b.example.com"],
    cookieDomain: "example.com",
    maxStalenessMs: 7_000,
    trustedProxies: 2,
    loginsPerMinute: 11,
    localFailuresPerMinute: 12,
    loginsAtOnce: 13,
    apiRequestsPerMinute: 14,
  });
  t.deepEqual(loginPaths.object, { namespace: "own", name: "paths" });
  t.false(loginPaths.prefixes.allow("team-b", "a-1"), "that is team-a's");
  t.true(loginPaths.prefixes.allow("team-a", "a-1"));
});
