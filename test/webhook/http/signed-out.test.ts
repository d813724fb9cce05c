import test from "ava";
import { sendSignedOut } from "../../../webhook/http/signed-out.ts";
import { smallApp } from "./small-app.ts";

test("after a sign-out people see that they are signed out, or go on to the sign-in that they have asked for", async (t) => {
  const ask = await smallApp(t, (req, res) => {
    const facts = { at: "beta", remembered: { displayName: "Beta", loginPath: "beta" } };
    if (req.path === "/with") sendSignedOut(req, res, facts);
    else sendSignedOut(req, res);
  });
  const again = await ask("/?state=again.acme");
  t.is(again.status, 303);
  t.is(again.headers.get("location"), "/login/acme?prompt=login");

  const text = async (path: string) => {
    const page = await ask(path);
    t.is(page.status, 200);
    return page.text();
  };
  const out = await text("/?state=out.acme");
  t.regex(out, /You are signed out/);
  t.true(out.includes('href="/login/acme"'));
  t.regex(await text("/?state=out"), /You are signed out/);
  for (const path of ["/", "/?state=nonsense", "/?state=out.acme&state=out.acme"])
    t.regex(await text(path), /You are not signed in/, path);
  t.true((await text("/with")).includes('href="/login/beta"'));
  t.regex(await text("/with?state=out"), /you were last at.*Beta/);
});
