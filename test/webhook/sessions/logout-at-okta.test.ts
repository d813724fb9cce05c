import test from "ava";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

test("an ID token with hundreds of groups still signs its person out at Okta", async (t) => {
  const groups = Array.from({ length: 300 }, (_, i) => `a-group-with-a-longer-name-${i}`);
  const seed = { users: [person("ada", groups)], groups, manyGroups: "all" as const };
  const { applyAcme, signedIn, browser } = await webhookUnderTest(t, { okta: seed });
  await applyAcme({ mappings: { services: [["a-group-with-a-longer-name-7"], ["service-admin"]] } });
  const cookies = await signedIn("ada");
  const out = await browser(cookies).post("/logout", {});
  const [, hint = ""] = /id_token_hint=([\w.-]+)/.exec(out.body) ?? [];
  t.true(hint.length > 8_000);
  const claims = JSON.parse(Buffer.from(hint.split(".")[1] ?? "", "base64url").toString());
  t.is(claims.groups.length, 301);
});
