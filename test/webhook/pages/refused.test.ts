import test from "ava";
import { refusedPage } from "../../../webhook/pages/refused.ts";
import { reads } from "./reading.ts";

test("who has no access reads as whom Okta has signed them in, why, and what it has said of them", (t) => {
  const page = refusedPage({
    organization: "Acme",
    loginPath: "acme",
    who: "eve@acme.example",
    why: ["You are in no group.", "Ask somebody."],
    groups: ["marketing"],
    received: 2,
  });
  reads(t, page, [
    "# You have no access",
    "Okta has signed you in as eve@acme.example, who has no access to Acme.",
    "You are in no group. Ask somebody. Then sign in again.",
    "## Groups received from Okta",
    "- marketing",
    "and 1 more, 2 in all.",
    "(organization: acme) (again: yes) [Sign in with another account]",
  ]);
  t.is(page.organization, "Acme");
});
