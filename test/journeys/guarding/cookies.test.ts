import fc from "fast-check";
import { cookiesWithPrefix } from "../../../webhook/sessions/cookies.ts";
import { guarded } from "./guarded.ts";
import { testWithProxies } from "./proxy.ts";

const value = fc.constantFrom(
  "1",
  "",
  "a.b-c_d",
  "x=y",
  "okta-role-session=1",
  '"okta-role-session"',
  "__Host-okta-role-",
);

/** The application's own, some of which are nearly ours. */
const theirs = fc
  .tuple(
    fc.constantFrom(
      "theme",
      "sessionid",
      "__Host-session",
      "okta-role",
      "okta_role_session",
      "Okta-Role-Session",
      "my-okta-role-session",
      "my__Host-okta-role-session",
      "__Host-__Host-okta-role-session",
    ),
    value,
  )
  .map(([name, content]) => ({ ours: false, text: `${name}=${content}` }));

const ours = fc
  .tuple(
    fc.constantFrom("", "__Host-", "__Secure-"),
    fc.constantFrom("session-abcdefgh", "login-abcdefghijkl", "id-token", "browser", ""),
    value,
  )
  .map(([prefix, name, content]) => ({ ours: true, text: `${prefix}okta-role-${name}=${content}` }));

const cookies = fc.oneof(
  fc.array(fc.oneof(theirs, ours), { maxLength: 16 }),
  // one after the other
  fc.array(fc.tuple(theirs, ours), { minLength: 5, maxLength: 15 }).map((pairs) => pairs.flat()),
);

/** How often ours and others take turns until nginx keeps none. */
const MOST_TURNS = 12;

testWithProxies("the application gets its own cookies, and none of the webhook's", async (t, proxy) => {
  const { under, ask, cookieHeader } = await guarded(t, proxy);
  const jar = await under.signedIn("ada");
  const session = { ours: true, text: cookieHeader(jar) };
  await fc.assert(
    fc.asyncProperty(
      cookies,
      fc.nat(),
      fc.nat(),
      fc.constantFrom("; ", ";", ";  "),
      async (others, at, cut, separator) => {
        const all = others.toSpliced(at % (others.length + 1), 0, session);
        // HTTP/2 sends each cookie by itself, and proxies join them again.
        const parts = [all.slice(0, cut % all.length), all.slice(cut % all.length)].filter(
          ({ length }) => length > 0,
        );
        const headers = parts.flatMap((part) => ["Cookie", part.map(({ text }) => text).join(separator)]);
        const { status, received } = await ask("/", { headers });
        // Apache joins several headers by a comma, which browsers don't send (RFC 6265, 5.4): whose it is gets lost there.
        const isJoined = proxy.name === "Apache" && parts.length > 1;
        if (isJoined && status === 401) return;
        t.is(status, 200);
        const got = received.headers.cookie?.filter((line) => line !== "").join("; ") ?? "";
        for (const prefix of ["okta-role-", "__Host-okta-role-", "__Secure-okta-role-"])
          t.is(cookiesWithPrefix(got, prefix).size, 0, got);
        const turns = all.filter((cookie, i) => cookie.ours && !all[i - 1]?.ours).length;
        // Traefik can't take one cookie out of several.
        if (proxy.name === "Traefik" || (proxy.name === "nginx" && turns > MOST_TURNS)) {
          t.is(got, "");
          return;
        }
        const kept = all.filter((cookie) => !cookie.ours).map(({ text }) => text);
        if (isJoined) return; // an own cookie may have gone with one of ours
        t.deepEqual(got === "" ? [] : got.split(/; */), kept);
      },
    ),
    { numRuns: 150 },
  );
});
