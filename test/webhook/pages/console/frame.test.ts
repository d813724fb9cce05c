import test from "ava";
import { adminsOnlyPage } from "../../../../webhook/pages/console/admins-only.ts";
import { copyButton } from "../../../../webhook/pages/console/copy-button.ts";
import { consolePage } from "../../../../webhook/pages/console/frame.ts";
import { account, local } from "../../../identity/an-account.ts";
import { visitorOfAcme } from "../a-visitor.ts";
import { differs, reading, reads } from "../reading.ts";

type Changes = Parameters<typeof visitorOfAcme>[1];
const content = { title: "Users", body: "Content", wide: true, scripts: ["/a.js"] };
const frame = (changes: Changes = {}, current: Parameters<typeof consolePage>[1] = "users") =>
  consolePage(visitorOfAcme([], { user: account({ name: "Ada" }), ...changes }), current, content).frame;

test("every page of an organization says whose it is, where one is and can go, and who is signed in", (t) => {
  reads(t, frame(), [
    "[Skip to the content](#content)",
    "Acme",
    "- [My access](/login/acme/me)",
    "- {page}[Users](/login/acme/users)",
    "- [Role mapping](/login/acme/mappings)",
    "- [Identity management](/login/acme/settings)",
    "- [Why?](/login/acme/why)",
    "Ada",
    "(organization: acme) {plain}[Sign out]",
  ]);
  t.like(consolePage(visitorOfAcme([]), "users", content), { ...content, organization: "Acme" });
  differs(
    t,
    [frame(), consolePage(visitorOfAcme([], { user: account({ name: "Ada" }) }), undefined, content).frame],
    ["- - {page}[Users](/login/acme/users)", "+ - [Users](/login/acme/users)"],
  );
});

test("who isn't an admin is led only to what is for everybody, and told so elsewhere", (t) => {
  differs(
    t,
    [frame({}, "me"), frame({ isAdmin: false }, "me")],
    [
      "- - [Users](/login/acme/users)",
      "- - [Role mapping](/login/acme/mappings)",
      "- - [Identity management](/login/acme/settings)",
    ],
  );
  const visitor = visitorOfAcme([], { isAdmin: false });
  reads(t, adminsOnlyPage(visitor), [
    "# This page is for administrators",
    "You are signed in, but hold no role that administers Acme.",
    "Whoever holds one … [My access](/login/acme/me).",
  ]);
  t.false(reading(adminsOnlyPage(visitor).frame).some((line) => line.includes("{page}")));
});

test("somebody is called by their name, their address, or their account", (t) => {
  const who = (changes: Changes) => reading(frame(changes)).at(-2);
  t.is(who({ user: account({ name: "Ada", email: "a@acme.example" }) }), "Ada");
  t.is(who({ user: account({ email: "a@acme.example" }) }), "a@acme.example");
  t.is(who({ user: account() }), "acme/acme-x");
});

test("who is in past Okta is told so on every page", (t) => {
  const mark = (user: ReturnType<typeof local>) => reading(frame({ user, isLocal: true })).at(-1);
  t.regex(
    mark(local({ email: "mia@acme.example" })) ?? "",
    /^\{mark\}Local account\. .* as mia@acme\.example\./,
  );
  t.regex(mark(local({ name: "Mia" })) ?? "", /as acme\/acme-x\./);
});

test("a button that copies is hidden until a script can do it, and says what it copies", (t) => {
  t.is(
    String(copyButton("manifest", "the manifest")),
    '<button type="button" class="button plain small" data-copy="manifest" aria-label="Copy the manifest" hidden>Copy</button>',
  );
});
