import test from "ava";
import { formatLogoutState, parseLogoutState } from "../../../webhook/sessions/logout-state.ts";

test("where a sign-out leads on comes back from Okta as it was sent", (t) => {
  for (const state of [
    { again: true, loginPath: "acme" },
    { again: false, loginPath: "acme" },
    { again: false, loginPath: "a" },
    { again: true, loginPath: `a${"-".repeat(61)}9` },
  ])
    t.deepEqual(parseLogoutState(formatLogoutState(state)), state);
  t.deepEqual(parseLogoutState("out"), { again: false });
});

test("whatever else stands there leads nowhere", (t) => {
  for (const state of [
    undefined,
    7,
    ["out.acme"],
    "",
    "again",
    "out.",
    "in.acme",
    "out.acme/..",
    "out.Acme",
    "out.-acme",
    "out.acme-",
    `out.${"a".repeat(64)}`,
    "x.out.acme",
    "out.acme\n",
    "//evil.example",
  ])
    t.is(parseLogoutState(state), undefined, String(state));
});
