import test from "ava";
import { type StartFacts, startPage } from "../../../webhook/pages/start.ts";
import { differs, reads } from "./reading.ts";

const page = (facts: Partial<StartFacts> = {}) => startPage({ justNow: false, ...facts });

test("who isn't signed in is asked which organization is theirs", (t) => {
  reads(t, page(), [
    "# You are not signed in",
    "Your organization: <organization: >",
    "The last part of your login URI: …",
    "[Continue]",
  ]);
  differs(t, [page(), page({ justNow: true })], ["- # You are not signed in", "+ # You are signed out"]);
});

test("where this browser was last is a click away, and named by nobody else", (t) => {
  differs(
    t,
    [page(), page({ remembered: { displayName: "Acme", loginPath: "acme" } })],
    [
      "- [Continue]",
      "+ In this browser you were last at Acme.",
      "+ [Sign in](/login/acme)",
      "+ ## Another organization",
      "+ {plain}[Continue]",
    ],
  );
});

test("an organization that isn't there is said so, and stays in the field", (t) => {
  differs(
    t,
    [page(), page({ unknown: "acne" })],
    [
      "- Your organization: <organization: >",
      "+ {alert}There is no organization `acne` here. …",
      "+ Your organization: <organization: acne>",
    ],
  );
  differs(t, [page(), page({ unknown: "" })], ["+ {alert}There is no organization `` here. …"]);
});

test("who has just signed out of an organization, or stands at one's door, needn't say which", (t) => {
  reads(t, page({ justNow: true, left: "acme", at: "beta" }), [
    "# You are signed out",
    "Your session has ended, here and at Okta.",
    "[Sign in again](/login/acme)",
  ]);
  reads(t, page({ left: "acme", at: "beta" }), ["# You are not signed in", "[Sign in](/login/beta)"]);
  differs(t, [page(), page({ left: "acme" })], []);
  differs(t, [page({ justNow: true }), page({ justNow: true, at: "beta" })], []);
});
