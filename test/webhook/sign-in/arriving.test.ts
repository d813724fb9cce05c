import test from "ava";
import { webhookUnderTest } from "../webhook-under-test.ts";

test("whoever signs in arrives at exactly the address they asked for, up to 2,048 characters of it", async (t) => {
  const { applyAcme, signIn, url } = await webhookUnderTest(t);
  await applyAcme();
  const long =
    `/long?${Array.from({ length: 200 }, (_, i) => `field-${i}=${(i * 7919) % 1000}`).join("&")}`.slice(
      0,
      2_048,
    );
  for (const path of ["/search?q=a+b", "/a%23b?c=%26&d=/e", long, `/,;"${"x".repeat(400)}`]) {
    const { visited } = await signIn("ada", { path: `/login/acme?return_to=${path}`, followToEnd: true });
    t.is(visited.at(-1), new URL(`${url}${path}`).href);
  }
  t.is(long.length, 2_048);
  t.is((await signIn("ada")).callback?.headers.location, `${url}/`);
});

test("what isn't an address of this site leads to the start page, which says so", async (t) => {
  const { applyAcme, signIn } = await webhookUnderTest(t);
  await applyAcme();
  for (const bad of ["//evil.example", "https%3A%2F%2Fevil.example", "/logout"]) {
    const path = `/login/acme?return_to=${bad}`;
    const { response, visited } = await signIn("ada", { path, followToEnd: true });
    t.is(response.status, 200);
    t.regex(visited.at(-1) ?? "", /\/login\/acme\/me\?address=lost$/);
    t.regex(response.body, /You are here because the address that you came with can't be gone to/);
    t.false(response.body.includes("evil"), "nothing is repeated");
  }
});
