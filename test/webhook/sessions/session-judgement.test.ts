import test from "ava";
import type { User } from "../../../identity/index.ts";
import { judgeSession, serviceAccountOf } from "../../../webhook/sessions/session-judgement.ts";
import { fingerprintOf, type Session } from "../../../webhook/sessions/session-token.ts";
import { organization } from "../../organizations/organization.ts";
import { user } from "./session-fixtures.ts";

const START = 1_800_000_000_000;
const HOUR = 3_600_000;
const YOUNG = 30_000;

const ada = user("team/acme-ada", { uid: "a", sessionEpoch: 3 });
const session: Session = {
  id: "this",
  user: "team/acme-ada",
  userID: "a",
  epoch: 3,
  organizationID: "o",
  issuedAt: START,
  expiresAt: START + HOUR,
};
const none = { active: false, grants: [], groups: [], reason: "NoMappedGroup", message: "" } as const;

interface Scene {
  readonly account?: User | undefined;
  readonly of?: Session;
  readonly now?: number;
  readonly confirmed?: boolean;
  readonly maxAge?: string;
  readonly watermark?: number;
}

/** What becomes of the session: "signed-in" and until when, or why not, and what that says of the time to come. */
function judged(scene: Scene = {}): string {
  const { of = session, now = START + YOUNG, confirmed = false, maxAge = "12h", watermark = 0 } = scene;
  const account = "account" in scene ? scene.account : ada;
  const facts = {
    store: { get: (ref: string) => (ref === of.user ? account : undefined) },
    organization: (key: string) =>
      key === "team/acme" ? organization(key, "acme", { uid: "o", maxAge }) : undefined,
    watermarks: { hasEnded: ({ issuedAt }: Session) => issuedAt < watermark },
    namespace: "operator",
  };
  const judgement = judgeSession(of, facts, now, confirmed);
  if (judgement.kind === "signed-in") return `signed-in until ${judgement.expiresAt - START}`;
  const { reason, over, uncertain } = judgement;
  return `${reason}${over ? ", over" : ""}${uncertain ? ", uncertain" : ""}`;
}

test("a session holds until it expires, or for as long as the organization allows by now", (t) => {
  t.is(judged(), `signed-in until ${HOUR}`);
  t.is(judged({ now: START + HOUR - 1 }), `signed-in until ${HOUR}`);
  t.is(judged({ now: START + HOUR }), "session-expired, over");
  t.is(
    judged({ now: START + HOUR, account: undefined }),
    "session-expired, over",
    "whatever became of the account",
  );
  t.is(judged({ maxAge: "1m", now: START + 59_999 }), "signed-in until 60000");
  t.is(judged({ maxAge: "1m", now: START + 60_000 }), "session-expired, over");
});

test("an account that isn't as the session says may be news, for half a minute and until it was asked for", (t) => {
  const young = { now: START + YOUNG - 1 };
  const cases: [User | undefined, reason: string, later: string][] = [
    [undefined, "account-unknown", "account-unknown, over"],
    [{ ...ada, uid: "b" }, "account-unknown", "account-unknown, over"],
    [{ ...ada, access: none }, "account-deactivated", "account-deactivated"],
    [{ ...ada, sessionEpoch: 2 }, "session-ended", "session-ended"],
  ];
  for (const [account, reason, later] of cases) {
    t.is(judged({ account, ...young }), `${reason}, uncertain`);
    t.is(judged({ account, ...young, confirmed: true }), later);
    t.is(judged({ account }), later);
  }
});

test("what has ended doesn't come back: all sessions of an account, one of them, or those before a moment", (t) => {
  const young = { now: START + 1 };
  t.is(judged({ account: { ...ada, sessionEpoch: 4 }, ...young }), "session-ended, over");
  t.is(judged({ account: { ...ada, sessionEpoch: 4, access: none }, ...young }), "account-deactivated, over");
  const ended = (...ids: string[]) => ({
    account: { ...ada, endedSessions: ids.map((id) => ({ id, expiresAt: START + HOUR })) },
  });
  t.is(judged(ended("this")), "session-ended, over");
  t.is(judged(ended("another", "this", "a third")), "session-ended, over");
  t.is(judged(ended("another")), `signed-in until ${HOUR}`);
  t.is(judged(ended()), `signed-in until ${HOUR}`);
  t.is(judged({ watermark: START }), `signed-in until ${HOUR}`);
  t.is(judged({ watermark: START + 1 }), "session-ended, over");
});

test("a session of an organization that is gone, or was made anew, is over", (t) => {
  t.is(judged({ account: { ...ada, organization: "team/gone" } }), "organization-unknown, over");
  t.is(judged({ of: { ...session, organizationID: "another" } }), "organization-unknown, over");
});

test("a local session holds while the account names the service account that began it", (t) => {
  const mia = { ...ada, source: "Local" as const, serviceAccountName: "mia" };
  const of = { ...session, serviceAccount: fingerprintOf("operator/mia") };
  t.is(judged({ of, account: mia }), `signed-in until ${HOUR}`);
  t.is(judged({ of, account: { ...mia, serviceAccountNamespace: "team" } }), "session-ended");
  t.is(judged({ of, account: { ...mia, serviceAccountName: "other" } }), "session-ended");
  t.is(judged({ of, account: ada }), "session-ended");
  t.is(judged({ account: mia }), `signed-in until ${HOUR}`, "a session that Okta began is bound to none");
});

test("a service account is one of the program's namespace, unless the account names another", (t) => {
  t.is(serviceAccountOf(ada, "operator"), undefined);
  const mia = { ...ada, serviceAccountName: "mia" };
  t.is(serviceAccountOf(mia, "operator"), fingerprintOf("operator/mia"));
  t.is(serviceAccountOf(mia, "operator"), fingerprintOf("operator/mia"), "asked again");
  t.is(serviceAccountOf({ ...mia, serviceAccountNamespace: "team" }, "operator"), fingerprintOf("team/mia"));
});
