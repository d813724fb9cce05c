import { once } from "node:events";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { ExecutionContext } from "ava";
import { freePort } from "../../../dev/control-plane/ports.ts";
import { startApplication } from "./application.ts";
import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";
import { rawRequest } from "./raw-request.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** What a busy machine may take longer than a time-out says, in ms. */
const SLOWNESS_MS = 10_000;

testWithProxies(
  "who isn't signed in is sent to sign in, and back to where they wanted to go",
  async (t, proxy) => {
    const { under, ask } = await guarded(t, proxy);
    const { status, headers } = await ask("/reports?of=today", { headers: ["Accept", "text/html"] });
    t.is(status, 303);
    const location = headers.location ?? "";
    // nginx itself has the webhook begin the sign-in.
    const begun = proxy.name === "nginx" ? under.okta.url : `${under.url}/login/acme?return_to=`;
    t.true(location.startsWith(begun), location);
  },
);

testWithProxies("who doesn't hold the role is told so, and isn't sent anywhere", async (t, proxy) => {
  const { under, ask } = await guarded(t, proxy);
  await under.applyAcme({ mappings: { services: [["service_admin"], ["portal-admin"]] } });
  const cookies = await under.signedIn("ada");
  const { status, headers } = await ask("/", { cookies });
  t.is(status, 403);
  t.is(headers.location, undefined);
});

testWithProxies("what the application itself answers stays as it is", async (t, proxy) => {
  const { under, ask } = await guarded(t, proxy);
  const cookies = await under.signedIn("ada");
  for (const status of [401, 403, 500, 503]) {
    const answer = await ask(`/answer/${status}`, { cookies });
    t.is(answer.status, status);
    t.is(answer.received.url, `/answer/${status}`);
  }
});

testWithProxies(
  "a webhook that is away lets nobody in, and nobody is told that it is their fault",
  async (t, proxy) => {
    const { under, ask } = await guarded(t, proxy);
    const cookies = await under.signedIn("ada");
    t.is((await ask("/", { cookies })).status, 200);
    await under.stop();
    const { status, headers, body } = await ask("/", { cookies });
    t.is(status, proxy.away);
    if (status === 503) {
      t.is(headers["retry-after"], "5");
      t.regex(body, /Try again in a moment/);
    }
  },
);

testWithProxies(
  "a webhook that takes the question and says nothing lets nobody in, and nobody waits for it for long",
  async (t, proxy) => {
    const [webhook, application] = [await silentWebhook(t), await startApplication(t)];
    const port = await freePort();
    await proxy.start(t, {
      folder: await temporaryFolder(t),
      port,
      webhookPort: webhook.port,
      applicationPort: application.port,
      organization: "access/acme",
      loginPath: "acme",
    });
    const { status = 0 } = await rawRequest(
      port,
      ["GET /reports HTTP/1.1", `Host: localhost:${port}`, "Connection: close"],
      { patienceMs: proxy.timeOutMs + SLOWNESS_MS },
    );
    t.true(status >= 500, String(status));
    t.true(webhook.questions.length > 0);
    t.deepEqual(application.requests, []);
  },
);

testWithProxies(
  "a WebSocket is opened for who is signed in, and the application hears who it is",
  async (t, proxy) => {
    const { under, port, cookieHeader } = await guarded(t, proxy);
    const cookies = await under.signedIn("ada");
    const open = async (protocol: string, headers: readonly string[]) => {
      const all = [
        "Host",
        `localhost:${port}`,
        "Connection",
        "Upgrade, X-Auth-Request-User",
        "Upgrade",
        protocol,
        "Sec-WebSocket-Version",
        "13",
        "Sec-WebSocket-Key",
        "dGhlIHNhbXBsZSBub25jZQ==",
      ];
      const sent = request({
        host: "127.0.0.1",
        port,
        path: "/live",
        headers: [...all, ...headers],
        agent: false,
      }).end();
      const answered = once(sent, "response").then(([response]) => {
        response.resume();
        return { status: response.statusCode, hello: "" };
      });
      const opened = once(sent, "upgrade").then(async ([response, socket, head]) => {
        const hello = head.length > 0 ? head : (await once(socket, "data"))[0];
        socket.destroy();
        return { status: response.statusCode, hello: String(hello) };
      });
      return Promise.race([answered, opened]);
    };
    const signedIn = ["Cookie", cookieHeader(cookies)];
    const { status, hello } = await open("websocket", signedIn);
    t.is(status, 101);
    const { headers } = JSON.parse(hello);
    t.deepEqual(headers["x-auth-request-email"], ["ada@acme.example"]);
    t.is(headers["x-auth-request-user"]?.length, 1, "although Connection names it");
    t.not((await open("websocket", [])).status, 101, "nobody is signed in");
    t.is((await open("h2c", signedIn)).status, 200, "no other protocol is spoken past the proxy");
  },
);

testWithProxies("a session that will never be good again is taken from the browser", async (t, proxy) => {
  const { under, ask, cookieHeader } = await guarded(t, proxy);
  const cookies = await under.signedIn("ada");
  const changed = cookieHeader(cookies).replace(/.{5}$/, "AAAAA");
  const { status, headers } = await ask("/", { headers: ["Accept", "text/html", "Cookie", changed] });
  t.is(status, 303);
  t.regex(
    String(headers["set-cookie"]),
    /okta-role-session[^=]*=; [^,]*(Max-Age=0|Expires=Thu, 01 Jan 1970)/,
  );
});

testWithProxies("what is asked of the webhook inside can't be asked from outside", async (t, proxy) => {
  const { under, ask } = await guarded(t, proxy);
  // To somebody with the role the webhook would say who they are, and sign it.
  const cookies = await under.signedIn("ada");
  for (const path of ["/_who", "/_forbidden", "/@login", "/@nobody_can_say"]) {
    t.not((await ask(path)).status, 200, path);
    const answer = await ask(path, { cookies });
    t.deepEqual(
      Object.keys(answer.headers).filter((name) => name.startsWith("x-auth-request-")),
      [],
      path,
    );
    // Where the file has a place of this name for itself, nothing is there; elsewhere it is the application's.
    if (proxy.name === "nginx" && path.startsWith("/_")) t.is(answer.status, 404, path);
    else t.is(answer.received.url, path);
  }
});

testWithProxies(
  "the webhook's own pages need no session, and the application sees nothing of them",
  async (t, proxy) => {
    const { under, application, ask } = await guarded(t, proxy);
    const keys = await ask("/.well-known/jwks.json");
    t.is(keys.status, 200);
    t.is(JSON.parse(keys.body).keys.length, 1);
    t.is((await ask("/login/acme", { headers: ["Accept", "text/html"] })).status, 303);
    t.is(JSON.parse((await ask("/session")).body).code, "no-session");
    t.is((await ask("/logout/done", { headers: ["Accept", "text/html"] })).status, 200);
    const own = await under.browser().get("/hooks/okta/acme");
    const hook = await ask("/hooks/okta/acme", { headers: ["Accept", "text/html"] });
    t.is(hook.status, own.status);
    t.is(hook.headers.location, undefined, "whoever calls an event hook is nobody to sign in");
    t.deepEqual(application.requests, []);
  },
);

/** Answers whatever is no question, so that a proxy is seen to listen, and to questions nothing, ever. */
async function silentWebhook(t: ExecutionContext): Promise<{ port: number; questions: string[] }> {
  const questions: string[] = [];
  const server = createServer(({ url = "" }, res) => {
    if (url.startsWith("/auth")) questions.push(url);
    else res.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, questions };
}
