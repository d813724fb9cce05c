import test from "ava";
import { request } from "undici";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("a form of our own is recognised by older browsers' Origin, too; without either header it isn't", async (t) => {
  const { applyAcme, signedIn, session, url } = await webhookUnderTest(t);
  await applyAcme();
  const cookies = await signedIn("ada");
  const post = async (headers: Record<string, string>): Promise<number> => {
    const cookie = cookies.header(new URL(url)) ?? "";
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const answer = await request(`${url}/logout`, {
      method: "POST",
      headers: { ...type, cookie, ...headers },
    });
    await answer.body.dump();
    return answer.statusCode;
  };
  t.is(await post({}), 403);
  t.is(await post({ origin: "null" }), 403);
  t.is(await post({ origin: `${url}.evil.example` }), 403);
  t.is((await session(cookies)).status, 200);
  t.is(await post({ origin: url }), 200, "the page that goes on to Okta");
});
