import test from "ava";
import { localPage } from "../../../webhook/pages/local.ts";
import { differs, reads } from "./reading.ts";

test("the way in without Okta says how to make a token, and what was wrong with the last one", (t) => {
  const local = (alert?: string) =>
    localPage({
      organization: "Acme",
      loginPath: "acme",
      loginURI: "https://login.example.com/login/acme",
      namespace: "webhook",
      alert,
    });
  reads(t, local(), [
    "# Local sign-in",
    "For local accounts, when Okta is out of reach. Everybody else [signs in with Okta](/login/acme).",
    "Make a token for your service account. …",
    "kubectl create token SERVICE_ACCOUNT \\⏎ --namespace webhook \\⏎ --audience https://login.example.com/login/acme",
    "Token: <token: >",
    "[Sign in]",
  ]);
  t.is(local().organization, "Acme");
  differs(t, [local(), local("It has expired.")], ["+ {alert}It has expired."]);
});
