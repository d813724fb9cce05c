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
      "- # You are not signed in",
      "- Your organization: <organization: >",
      "+ # There is no such organization",
      "+ {alert}There is no organization `acne` here. …",
      "+ Your organization: <organization: acne>",
    ],
  );
  differs(
    t,
    [page({ unknown: "acne" }), page({ unknown: "" })],
    [
      "- {alert}There is no organization `acne` here. …",
      "- Your organization: <organization: acne>",
      "+ {alert}There is no organization `` here. …",
      "+ Your organization: <organization: >",
    ],
  );
});

test("who stands at the door of an organization needn't say which", (t) => {
  reads(t, page({ at: "beta" }), ["# You are not signed in here", "[Sign in](/login/beta)"]);
});
