import test from "ava";
import type { Missing } from "../../../webhook/door/verdicts.ts";
import { forbiddenPage, UNDECIDED_PAGE } from "../../../webhook/pages/closed-door.ts";
import { withDirectory } from "../../organizations/organization.ts";
import { visitorOfAcme } from "./a-visitor.ts";
import { differs, reading, reads } from "./reading.ts";

const ROLES = [
  { name: "viewer", displayName: "Viewer", admin: false },
  { name: "admin", displayName: "Admin", admin: true },
];
const { organization } = visitorOfAcme(ROLES);
type Options = Parameters<typeof forbiddenPage>[2];
const page = (missing: Missing, options?: Options) => forbiddenPage(missing, organization, options);

test("who lacks a role reads which, whom to ask, and how to come in as somebody else", (t) => {
  reads(t, page({ roles: ["viewer"] }), [
    "# You lack a role for this page",
    "You are signed in at Acme, but don't hold what this page asks for.",
    "## What you need",
    "- Viewer ([why don't I have it?](/login/acme/why?role=viewer))",
    "Ask an administrator of Acme to put you into an Okta group that gives it. Then [sign in anew](/login/acme), and open this page again: until you do, it isn't known here that you are in it.",
    "(organization: acme) (again: yes) [Sign in with another account]",
  ]);
  t.is(page({ roles: ["viewer"] }).organization, "Acme");
});

test("who is put into a group needn't sign in anew where Okta's directory is followed, nor where the account is a local one", (t) => {
  const missing = { roles: ["viewer"] };
  differs(
    t,
    [page(missing), forbiddenPage(missing, withDirectory(organization))],
    [
      "- Ask an administrator of Acme … [sign in anew](/login/acme), …",
      "+ Ask an administrator of Acme to put you into an Okta group that gives it. Then open this page again: you needn't sign in anew.",
    ],
  );
  differs(
    t,
    [page(missing), page(missing, { isLocal: true })],
    [
      "- Ask an administrator of Acme to put you into an Okta group …",
      "+ Your account is a local one: ask an administrator of Acme to write the role into it. Then open this page again: you needn't sign in anew.",
    ],
  );
});

test("while changes are paused it is said that nothing counts before that is over, but for local accounts", (t) => {
  const missing = { roles: ["viewer"] };
  const paused = structuredClone(organization);
  paused.metadata.annotations = { "rolemapping.dev/pause": "" };
  differs(
    t,
    [page(missing), forbiddenPage(missing, paused)],
    [
      "- Ask an administrator of Acme …",
      "+ Ask an administrator of Acme … that you are in it. Changes of access are paused at Acme at present: it counts when that is over.",
    ],
  );
  const isLocal = true;
  differs(t, [page(missing, { isLocal }), forbiddenPage(missing, paused, { isLocal })], []);
});

test("all that are needed and one of several are told apart", (t) => {
  const viewer = "- Viewer ([why don't I have it?](/login/acme/why?role=viewer))";
  const admin = "- Admin ([why don't I have it?](/login/acme/why?role=admin))";
  differs(
    t,
    [page({ roles: ["viewer"] }), page({ anyRole: ["viewer", "admin"] })],
    ["- ## What you need", "+ ## One of these", `+ ${admin}`],
  );
  differs(
    t,
    [page({ roles: ["viewer"] }), page({ roles: ["viewer"], anyRole: ["admin", "gone"] })],
    ["+ ## And one of these", `+ ${admin}`, "+ - gone, which Acme doesn't have"],
  );
  t.false(reading(page({ anyRole: ["admin"] })).includes(viewer));
});

test("at an application's host every link leads to the webhook's own", (t) => {
  differs(
    t,
    [page({ roles: ["viewer"] }), page({ roles: ["viewer"] }, { own: "https://login.example.com" })],
    [
      "- - Viewer …",
      "- Ask an administrator of Acme … [sign in anew](/login/acme), …",
      "- (organization: acme) (again: yes) [Sign in with another account]",
      "+ - Viewer ([why don't I have it?](https://login.example.com/login/acme/why?role=viewer))",
      "+ Ask an administrator of Acme … [sign in anew](https://login.example.com/login/acme), …",
      "+ [Sign out](https://login.example.com/logout)",
    ],
  );
});

test("where the organization isn't there nobody can be let in, whatever they hold", (t) => {
  const lines = [
    "# Nobody can be let in here",
    "This page is for people of an organization that doesn't exist. …",
  ];
  reads(t, forbiddenPage({ organization: "gone/gone" }, organization), lines);
  reads(t, forbiddenPage({ roles: ["viewer"] }, undefined), lines);
});

test("where nobody can say who may come in it says so", (t) => {
  reads(t, UNDECIDED_PAGE, [
    "# Nobody can say whether you are signed in",
    "The place where accounts are kept …",
  ]);
});
