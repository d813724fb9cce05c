import { Agent, type Dispatcher } from "undici";
import { CookieJar } from "../../../dev/okta/index.ts";
import { waitFor } from "../../wait-for.ts";
import { person } from "../../webhook/webhook-under-test.ts";
import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";

/** Groups of 35 characters, and short ones: an ID token of 45 of the former was too much for nginx' buffers once. */
const PEOPLE = [16, 45, 70, 98, 99, 250, 500].flatMap((count) => [
  {
    name: `long${count}`,
    groups: names(count, (i) => `${"a-department-with-a-long-name-".slice(0, 31)}${i}`),
  },
  { name: `short${count}`, groups: names(count, (i) => `g${i}`) },
]);

testWithProxies(
  "whoever is in 16 to 500 groups signs in and out through the proxy, with its buffers as they are",
  async (t, proxy) => {
    const seed = { users: PEOPLE.map(({ name, groups }) => person(name, groups)) };
    const { under, port } = await guarded(t, proxy, { okta: { ...seed, groups: [...allGroups()] } });
    const { okta, url } = under;
    await under.applyAcme({
      okta: { directory: { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } } },
    });
    const dispatcher = through(url, port);
    t.teardown(() => dispatcher.close());
    for (const { name } of PEOPLE) {
      const cookies = new CookieJar();
      const { response, visited } = await under.signIn(name, { cookies, dispatcher });
      t.is(response.status, 303, `${name}: ${visited.at(-1)} ${response.body.slice(0, 200)}`);
      const header = cookies.header(new URL(url)) ?? "";
      const ask = (path: string, method: "GET" | "POST") =>
        dispatcher.request({
          origin: url,
          path,
          method,
          headers: {
            cookie: cookies.header(new URL(path, url)) ?? "",
            accept: "text/html",
            origin: new URL(url).origin,
          },
        });
      const signedOut = await ask("/logout", "POST");
      t.true([200, 303].includes(signedOut.statusCode), `${name} signs out: ${signedOut.statusCode}`);
      await signedOut.body.dump();
      // Where it couldn't be stored in the time that somebody waits for it, the page says so, and it is stored later.
      await waitFor(
        async () => {
          const copied = await dispatcher.request({
            origin: url,
            path: "/session",
            method: "GET",
            headers: { cookie: header },
          });
          await copied.body.dump();
          return copied.statusCode === 401 ? true : undefined;
        },
        { what: `nothing to be left of the session of ${name}` },
      );
    }
  },
);

function names(count: number, name: (i: number) => string): string[] {
  return ["service_admin", ...Array.from({ length: count - 1 }, (_, i) => name(i))];
}

function allGroups(): Set<string> {
  return new Set(PEOPLE.flatMap(({ groups }) => groups));
}

/** Sends what is for the webhook's address through the proxy, as if that were the webhook's own host. */
function through(webhook: string, port: number): Dispatcher {
  const { origin } = new URL(webhook);
  return new Agent().compose(
    (dispatch) => (options, handler) =>
      dispatch(
        String(options.origin) === origin ? { ...options, origin: `http://localhost:${port}` } : options,
        handler,
      ),
  );
}
