import test from "ava";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { SessionCookies } from "../../../webhook/sessions/session-cookies.ts";
import { signSession } from "../../../webhook/sessions/session-token.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { VerifiedSessions } from "../../../webhook/sessions/verified-sessions.ts";

test("however many people are active at once, none of their cookies is verified again at each request", (t) => {
  const keys = new KeyRing([newKey(1)], 0);
  const cookies = new SessionCookies(cookieStyle("https://login.example.com"));
  const verified = new VerifiedSessions(keys, cookies);
  const now = Date.now();
  const session = {
    id: "a-session",
    userID: "u",
    epoch: 0,
    organizationID: "o",
    issuedAt: now,
    expiresAt: now + 3_600_000,
  };
  const tokens = Array.from({ length: 25_000 }, (_, i) =>
    signSession({ ...session, user: `acme/person-${i}` }, keys.current(now)),
  );
  const read = () => tokens.map((token) => verified.read({ name: cookies.nameOf("o"), token }));
  const first = read();
  t.true(first.every(({ kind }) => kind === "session"));
  const second = read();
  t.is(second.filter((each, i) => each !== first[i]).length, 0);
});
