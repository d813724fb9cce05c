import { CookieJar, signIn } from "../../../dev/okta/index.ts";
import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";

/** As browsers open a WebSocket (RFC 6455, 4.1). */
const HANDSHAKE = [
  ...["Connection", "Upgrade", "Upgrade", "websocket"],
  ...["Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
];

testWithProxies("who signs in arrives at exactly the address that they asked for", async (t, proxy) => {
  const { under, port } = await guarded(t, proxy);
  for (const address of [
    "/",
    "/reports",
    "/search?q=a+b",
    "/search?q=a%20b&page=2&sort=name",
    "/search?q=100%25&of=%26amp;&hash=%23",
    "/my%20file.pdf",
    "/100%25",
    "/what%3F",
    "/%23one",
    "/a%2Fb;v=1",
    "/a//b/",
    "/?a=/b?c=d&return_to=/elsewhere",
    "/j%C3%B6rg?n=%F0%9F%90%99",
    "/(a)'b'!*~$,:@",
    `/long?${"abcdefghi=1&".repeat(165)}end`,
  ]) {
    const start = `http://localhost:${port}${address}`;
    const { visited } = await signIn(under.okta, start, "ada@acme.example", { followToEnd: true });
    // The proxies that say at which host it was asked for are led back there.
    const arrived = (visited.at(-1) ?? "").replace(`http://localhost:${port}`, under.url);
    // Traefik makes another spelling of semicolons in queries, or else "&" of them.
    const query = /\?.*/.exec(address)?.[0] ?? "";
    const kept =
      proxy.name === "Traefik" ? address.replace(query, () => query.replaceAll(";", "%3B")) : address;
    t.is(arrived, `${under.url}${kept}`);
  }
});

testWithProxies(
  "only who goes somewhere is sent to sign in, others are told that they aren't",
  async (t, proxy) => {
    const { ask } = await guarded(t, proxy);
    const page = ["Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Accept", "text/html"];
    t.is((await ask("/", { headers: page })).status, 303);
    for (const [what, headers, method] of [
      ["fetch", ["Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty", "Accept", "*/*"]],
      ["an image", ["Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image", "Accept", "image/avif,*/*"]],
      ["an event stream", ["Sec-Fetch-Mode", "cors", "Accept", "text/event-stream"]],
      ["a WebSocket", ["Sec-Fetch-Mode", "websocket", ...HANDSHAKE]],
      ["a prefetch", [...page, "Sec-Purpose", "prefetch"]],
      ["a program", ["Accept", "application/json"]],
      ["a form", page, "POST"],
    ] as const) {
      const {
        status,
        headers: answered,
        body,
      } = await ask("/api/things", { headers, method: method ?? "GET" });
      t.is(status, 401, what);
      t.is(answered["set-cookie"], undefined, `${what} begins no sign-in`);
      t.regex(JSON.parse(body).login, /\/login\/acme$/, what);
    }
  },
);

testWithProxies(
  "who is signed in at another organization is sent to sign in at this one, and stays in at both",
  async (t, proxy) => {
    const { under, ask } = await guarded(t, proxy);
    await under.applyAcme({ name: "beta", mappings: { others: [["portal_admin"], ["portal-admin"]] } });
    const cookies = new CookieJar();
    const page = { cookies, headers: ["Accept", "text/html"] };
    await under.signedIn("raj", { cookies, path: "/login/beta" });
    t.is((await ask("/", page)).status, 303);
    await under.signedIn("raj", { cookies });
    t.is((await ask("/", page)).status, 200);
    await under.signedIn("raj", { cookies, path: "/login/beta" });
    const { status, received } = await ask("/", page);
    t.is(status, 200);
    t.deepEqual(received.headers["x-auth-request-organization"], [`${under.cluster.namespace}/acme`]);
    const { namespace } = under.cluster;
    t.is((await under.browser(cookies).get(`/session?organization=${namespace}/beta`)).status, 200);
  },
);
