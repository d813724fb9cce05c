import test from "ava";
import {
  confirmSignOutPage,
  copiesMayCountPage,
  goingOnPage,
  signedOutHerePage,
} from "../../../webhook/pages/sign-out.ts";
import { signOutForm } from "../../../webhook/pages/sign-out-form.ts";
import { differs, reads } from "./reading.ts";

test("before signing out it is asked, and said where that ends", (t) => {
  reads(t, confirmSignOutPage(undefined), [
    "# Sign out?",
    "This ends your session here and at Okta.",
    "[Sign out]",
    "[Stay signed in](/)",
  ]);
  differs(
    t,
    [confirmSignOutPage(undefined), confirmSignOutPage({ organization: "Acme", loginPath: "acme" })],
    [
      "- This ends your session here and at Okta.",
      "- [Sign out]",
      "+ This ends your session at Acme, here and at Okta. …",
      "+ (organization: acme) [Sign out]",
    ],
  );
});

test("who may still be signed in at Okta is told so, and what a copy of the session may do", (t) => {
  reads(t, signedOutHerePage(undefined), [
    "# You are signed out here",
    "Your session here has ended. You may still be signed in at Okta, …",
  ]);
  differs(
    t,
    [signedOutHerePage(undefined), signedOutHerePage("acme", { copiesCount: true })],
    ["+ The place where accounts are kept doesn't answer, …", "+ [Sign in again](/login/acme?prompt=login)"],
  );
  reads(t, copiesMayCountPage("/on"), [
    "# You are signed out in this browser",
    "The place where accounts are kept doesn't answer, …",
    "[Go on signing out](/on)",
  ]);
});

test("a browser that goes on by itself is also led by a link", (t) => {
  const page = goingOnPage("https://acme.okta.com/out");
  t.is(page.goesOnTo, "https://acme.okta.com/out");
  reads(t, page, [
    "# Signing you out",
    "Your session here has ended. You are being brought to Okta.",
    "[Go on](https://acme.okta.com/out)",
  ]);
});

test("the button that signs out sends from where, and whether to sign in again", (t) => {
  reads(t, signOutForm("Out"), ["[Out]"]);
  reads(t, signOutForm("Out", { loginPath: "acme" }), ["(organization: acme) [Out]"]);
  reads(t, signOutForm("Out", { again: true, plain: true }), ["(again: yes) {plain}[Out]"]);
});
