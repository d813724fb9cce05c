import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import test from "ava";
import { type AppSeed, CookieJar, SignInError, signIn } from "../../../dev/okta/index.ts";
import { oktaFor } from "./recorded-okta.ts";

/** A product with a login path, a callback that sends people home, and a home. */
async function startProduct(oktaUrl: () => string) {
  const seen: { path: string; cookie: string | undefined; test: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://x");
    seen.push({
      path: pathname,
      cookie: request.headers.cookie,
      test: request.headers["x-test"]?.toString(),
    });
    const authorize = new URL("/oauth2/v1/authorize", oktaUrl());
    authorize.search = new URLSearchParams({
      client_id: "app",
      redirect_uri: `${url}/callback`,
      response_type: "code",
      scope: "openid",
      state: "s",
    }).toString();
    if (pathname === "/login")
      response.writeHead(302, { location: authorize.href, "set-cookie": "flow=1; Path=/" });
    else if (pathname === "/callback")
      response.writeHead(303, { location: "/home", "set-cookie": "session=2; Path=/" });
    else if (pathname === "/circle") response.writeHead(302, { location: "/circle" });
    response.end(`this is ${pathname}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, seen, stop: () => void server.close().closeAllConnections() };
}

test("a sign-in goes from the product to Okta and back, and ends at the callback's answer", async (t) => {
  const app: AppSeed = { clientId: "app", clientSecret: "s", redirectUris: [] };
  const okta = await oktaFor(t, { users: [{ login: "ada@acme.example", password: "pw" }] });
  const product = await startProduct(() => okta.url);
  t.teardown(product.stop);
  okta.saveApp({ ...app, redirectUris: [`${product.url}/callback`] });

  const done = await signIn(okta, `${product.url}/login`, "ada", { headers: { "x-test": "yes" } });
  t.is(done.response.status, 303);
  t.is(done.callback, done.response);
  t.regex(done.response.url, /\/callback\?code=.+&state=s$/);
  t.is(done.cookies.get(`${product.url}/`, "session"), "2");
  t.deepEqual(
    product.seen.map(({ path }) => path),
    ["/login", "/callback"],
  );
  t.true(product.seen.every((request) => request.test === "yes"));
  t.is(done.visited.length, 5, "no page is fetched that nobody reads");

  const again = await signIn(okta, `${product.url}/login`, "ada", {
    cookies: done.cookies,
    followToEnd: true,
  });
  t.is(again.response.body, "this is /home");
  t.false(again.visited.some((url) => url.includes("/signin/")));

  const refused = await signIn(okta, `${product.url}/login`, "ada", { password: "wrong" });
  t.is(refused.callback, undefined);
  t.is(refused.response.status, 401);

  await t.throwsAsync(signIn(okta, `${product.url}/circle`, "ada"), {
    instanceOf: SignInError,
    code: "too-many-redirects",
  });
  await t.throwsAsync(signIn({ url: okta.url }, `${product.url}/login`, "ada"), { code: "no-password" });
});

test("two sign-ins in one browser don't disturb each other", async (t) => {
  const okta = await oktaFor(t, { users: [{ login: "ada@acme.example", password: "pw" }] });
  const product = await startProduct(() => okta.url);
  t.teardown(product.stop);
  okta.saveApp({ clientId: "app", clientSecret: "s", redirectUris: [`${product.url}/callback`] });
  const cookies = new CookieJar();
  const both = await Promise.all([1, 2].map(() => signIn(okta, `${product.url}/login`, "ada", { cookies })));
  for (const { callback } of both) t.is(callback?.status, 303);
});

test("cookies go where a browser would send them", (t) => {
  const jar = new CookieJar();
  const url = new URL("https://app.example/a/b?c");
  jar.store(url, [
    "deep=1",
    "root=2; Path=/; Secure; HttpOnly; SameSite=Lax",
    "other=3; Path=/x",
    "=4",
    "nothing",
  ]);
  t.is(jar.header(url), "deep=1; root=2");
  t.is(jar.header(new URL("https://app.example/ab")), "root=2");
  t.is(jar.header(new URL("https://app.example/x/y")), "other=3; root=2");
  t.is(jar.header(new URL("http://app.example:8080/a/b")), "deep=1", "ports don't matter, Secure does");
  t.is(jar.header(new URL("https://evil.example/a/b")), undefined);

  jar.store(url, [
    "root=5; Path=/",
    "deep=; Max-Age=0",
    "other=; Path=/x; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
  ]);
  t.is(jar.header(url), "root=5");
  t.is(jar.header(new URL("https://app.example/x")), "root=5");

  jar.store(url, [
    "__Host-session=6; Path=/; Secure",
    "__Host-bad=7; Path=/a; Secure",
    "__Host-worse=8; Path=/",
  ]);
  t.is(jar.get(url, "__Host-session"), "6");
  t.is(jar.get(url, "__Host-bad") ?? jar.get(url, "__Host-worse"), undefined);
  jar.store(new URL("http://app.example/"), ["insecure=9; Secure"]);
  t.is(jar.get("https://app.example/", "insecure"), undefined);
  jar.store(new URL("http://127.0.0.1/"), ["loopback=1; Secure"]);
  t.is(jar.get("http://127.0.0.1:99/", "loopback"), "1");
  jar.clear("app.example");
  t.is(jar.header(url), undefined);
});
