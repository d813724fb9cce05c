import test from "ava";
import {
  confirmSignOutPage,
  copiesMayCountPage,
  goingOnPage,
  signedOutHerePage,
  signedOutPage,
  stillSignedInPage,
} from "../../../webhook/pages/sign-out.ts";
import { signOutForm } from "../../../webhook/pages/sign-out-form.ts";
import { organization } from "../../organizations/organization.ts";
import { differs, reads } from "./reading.ts";

const acme = { organization: "Acme", loginPath: "acme" };
const beta = [organization("team/Beta", "beta")];

test("before signing out it is asked, and said where that ends", (t) => {
  reads(t, confirmSignOutPage({ from: acme, atOkta: "ends" }), [
    "# Sign out?",
    "This ends your session at Acme, here and at Okta. If you are signed in at other organizations …",
    "(organization: acme) [Sign out]",
    "[Stay signed in](/)",
  ]);
  reads(t, confirmSignOutPage({ from: acme, atOkta: "goes on" }), [
    "# Sign out?",
    "This ends your session at Acme here. You may stay signed in at Okta: sign out there, too. If …",
    "(organization: acme) [Sign out]",
    "[Stay signed in](/)",
  ]);
  reads(t, confirmSignOutPage({ atOkta: "none" }), [
    "# Sign out?",
    "This ends all sessions that this browser has here.",
    "[Sign out]",
    "[Stay signed in](/)",
  ]);
});

test("who has signed out is told so, and where they are still signed in", (t) => {
  reads(t, signedOutPage("acme", []), [
    "# You are signed out",
    "Your session has ended, here and at Okta.",
    "[Sign in again](/login/acme)",
  ]);
  const still = ["## Still signed in at", "- [Beta](/login/beta/me)"];
  differs(
    t,
    [signedOutPage("acme", []), signedOutPage("acme", beta)],
    still.map((line) => `+ ${line}`),
  );
  reads(t, stillSignedInPage(beta), [
    "# You are still signed in",
    "These sessions go on in this browser. To end one, open it and sign out there.",
    ...still,
  ]);
});

test("who may still be signed in at Okta is told so, and what a copy of the session may do", (t) => {
  reads(t, signedOutHerePage(undefined), [
    "# You are signed out here",
    "Your session here has ended. You may still be signed in at Okta, …",
  ]);
  differs(
    t,
    [signedOutHerePage(undefined), signedOutHerePage("acme", { copiesCount: true, signedInAt: beta })],
    [
      "+ The end of your session could not be stored where accounts are kept. …",
      "+ ## Still signed in at",
      "+ - [Beta](/login/beta/me)",
      "+ [Sign in again](/login/acme?prompt=login)",
    ],
  );
  reads(t, copiesMayCountPage("/on"), [
    "# You are signed out in this browser",
    "The end of your session could not be stored where accounts are kept. …",
    "[Go on signing out](/on)",
  ]);
  differs(
    t,
    [copiesMayCountPage("/on"), copiesMayCountPage("/on", { toSignIn: true })],
    ["- [Go on signing out](/on)", "+ [Sign in again](/on)"],
  );
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
