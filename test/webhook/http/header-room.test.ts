import { createHash } from "node:crypto";
import test from "ava";
import { CookieJar, signIn } from "../../../dev/okta/index.ts";
import { type Answer, Browser } from "../browser.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

/** Text that no packing makes shorter. */
function noise(seed: string, length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++)
    text += createHash("sha256").update(`${seed} ${i}`).digest("base64url");
  return text.slice(0, length);
}

/** Bytes of an answer's headers as they would be over https, where cookies have prefixes and there is one header more. */
function headerBytes({ headers }: Pick<Answer, "headers">): number {
  let bytes = "HTTP/1.1 303 See Other\r\n\r\n".length;
  bytes += "strict-transport-security: max-age=31536000\r\n".length;
  for (const [name, values] of Object.entries(headers))
    for (const value of [values].flat()) {
      bytes += `${name}: ${value}\r\n`.length;
      if (name === "set-cookie") bytes += "__Secure-; Secure".length;
    }
  return bytes;
}

const SIZES = [16, 45, 500];

test("no answer has headers above 3.5 KB, whoever it is: up to 500 groups of long names, 40 roles, and 2,048 characters to go back to", async (t) => {
  const groups = Array.from({ length: 500 }, (_, i) => noise(`group ${i}`, 35));
  const users = SIZES.flatMap((size) => [
    person(`in${size}`, ["service_admin", ...groups.slice(0, size)]),
    person(`out${size}`, groups.slice(0, size)),
  ]);
  const seed = { users, groups: ["service_admin", ...groups], manyGroups: "all" as const };
  const { applyAcme, okta, url } = await webhookUnderTest(t, { okta: seed });
  const roles = Array.from({ length: 40 }, (_, i) => `role-number-${i}-with-a-longer-name`);
  await applyAcme({
    mappings: { services: [["service_admin"], roles] },
    spec: { roles: roles.map((name) => ({ name, displayName: `The role ${name}` })) },
  });
  const note = (what: string, answer: Pick<Answer, "headers">): void => {
    t.true(headerBytes(answer) <= 3_500, `${what}: ${headerBytes(answer)} bytes`);
  };
  const long = `/${noise("address", 2_047)}`;

  for (const size of SIZES)
    for (const path of [undefined, "/short", `/${noise("medium", 270)}`, long])
      for (const name of [`in${size}`, `out${size}`]) {
        const cookies = new CookieJar();
        const browser = new Browser(url, cookies);
        const what = `${name} to ${path?.length ?? 0} characters`;
        const start = await browser.get(`/login/acme${path === undefined ? "" : `?return_to=${path}`}`);
        note(`login, ${what}`, start);
        const { callback, visited } = await signIn(
          okta,
          String(start.headers.location),
          `${name}@acme.example`,
          { cookies },
        );
        if (!callback) throw new Error(`no callback: ${visited.join(" ")}`);
        note(`callback, ${what}`, callback);
        if (callback.status === 303) {
          const { pathname, search } = new URL(String(callback.headers.location), url);
          const answer = await browser.get(`${pathname}${search}`);
          note(`after the callback, ${what}`, answer);
          if (path === long) t.is(answer.headers.location, `${url}${long}`);
        }
        for (const page of [
          "/",
          "/login/acme/me",
          "/logout",
          "/session",
          "/login/acme/local",
          "/nowhere",
          "/callback/acme",
        ])
          note(`${page}, ${what}`, await browser.get(page));
        note(`no local sign-in, ${what}`, await browser.post("/login/acme/local", { token: "a.b.c" }));
        const out = await browser.post("/logout", { organization: "acme" });
        note(`sign-out, ${what}`, out);
        t.is(
          [out.headers["set-cookie"] ?? []].flat().filter((cookie) => /Max-Age=0/.test(cookie)).length,
          2,
          what,
        );
        note(`signed out, ${what}`, await browser.get("/logout/done?state=out.acme"));
        t.true(
          (cookies.header(new URL("/callback/acme", url)) ?? "").length < 3_800,
          "and what the browser sends, too",
        );
      }
});
