import test from "ava";
import { endSessionsPage, ownSessionsEndedPage } from "../../../../webhook/pages/console/end-sessions.ts";
import { account, local } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";

const ada = account({ ref: "acme/ada", name: "Ada", email: "ada@acme.example" });
const kim = account({ ref: "acme/kim", name: "Kim" });
const page = (user: typeof ada) => endSessionsPage(visitorOfAcme([], { user: kim }), user);

test("before somebody's sessions end it is asked, with whose they are, and warned where they are one's own", (t) => {
  reads(t, page(ada), [
    "# End all sessions?",
    "This signs Ada (ada@acme.example) out of Acme in every browser, at once. …",
    "The audit log, an Event and the account's history will say that you have done it.",
    "[End all sessions]",
    "[Leave them as they are](/login/acme/users/ada)",
  ]);
  t.regex(String(page(ada).body), /<form method="post" action="\/login\/acme\/users\/ada\/end-sessions">/);
  differs(
    t,
    [page({ ...kim, ref: "acme/ada" }), page(kim)],
    [
      "- [Leave them as they are](/login/acme/users/ada)",
      "+ These are your own sessions: you will have to sign in again.",
      "+ [Leave them as they are](/login/acme/users/kim)",
    ],
  );
});

test("somebody is called by their name, their address, or their account", (t) => {
  const who = (user: typeof ada) => [
    /signs (.*) out of/.exec(reading(page(user))[1] ?? "")?.[1],
    /sessions of (.*) have ended/.exec(
      reading(ownSessionsEndedPage(visitorOfAcme([], { user })))[1] ?? "",
    )?.[1],
  ];
  t.deepEqual(who(kim), ["Kim", "Kim"]);
  t.deepEqual(who(account({ email: "a@acme.example" })), ["a@acme.example", "a@acme.example"]);
  t.deepEqual(who(account()), ["acme/acme-x", "acme/acme-x"]);
});

test("who has ended their own sessions can sign in again: with Okta, or past it as they came", (t) => {
  reads(t, ownSessionsEndedPage(visitorOfAcme([], { user: kim })), [
    "# Your sessions have ended",
    "All sessions of Kim have ended, this one among them.",
    "[Sign in again](/login/acme)",
  ]);
  const mia = local({ ref: "acme/mia", name: "Mia" });
  reads(t, ownSessionsEndedPage(visitorOfAcme([], { user: mia, isLocal: true })), [
    "# Your sessions have ended",
    "All sessions of Mia have ended, this one among them.",
    "[Sign in again](/login/acme/local)",
  ]);
  t.is(ownSessionsEndedPage(visitorOfAcme([])).organization, "Acme");
});
