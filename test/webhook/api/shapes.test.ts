import test from "ava";
import type { z } from "zod";
import type * as shapes from "../../../webhook/api/shapes.ts";
import { Contract } from "./contract.ts";

const role = { name: "viewer", displayName: "Viewers", admin: false };
const grant = { role: "viewer", mapping: "viewers", group: "staff" };
const TIME = "2026-11-01T12:00:00.000Z";
const summary = {
  id: "acme-ada",
  email: "ada@acme.example",
  name: "Ada",
  source: "Okta",
  state: "Active",
  since: TIME,
  reason: "MappedGroup",
  message: "By the group staff.",
  lastSignIn: TIME,
} as const;
const person: z.infer<typeof shapes.Person> = {
  ...summary,
  organization: "team/acme",
  issuer: "https://acme.okta.com",
  subject: "00u1",
  oktaStatus: "ACTIVE",
  groups: [{ name: "staff", id: "00g1" }],
  groupsFrom: "Directory",
  roles: [{ ...role, causes: [{ mapping: "viewers", group: "staff", groupID: "00g1" }] }],
};
const user: z.infer<typeof shapes.User> = {
  ...person,
  history: [
    {
      time: TIME,
      what: ["Deactivated", "Activated", "Linked", "RolesChanged", "CausesChanged", "SessionsEnded"],
      granted: [grant],
      revoked: [grant],
      moreGranted: 2,
      moreRevoked: 3,
      reason: "SignIn",
      message: "Signed in.",
    },
  ],
  signIns: [{ time: TIME, outcome: "Admitted", reason: "MappedGroup" }],
};
const list: z.infer<typeof shapes.UserList> = {
  organization: "team/acme",
  total: 2,
  matching: 1,
  users: [{ ...summary, roles: [role] }],
  nextCursor: "x",
};
const explanations: z.infer<typeof shapes.Explanations> = {
  organization: "team/acme",
  explanations: [
    {
      user: { id: "acme-ada", email: "ada@acme.example", name: "Ada" },
      account: "None",
      received: { from: "MissingClaim", groups: ["staff"], total: 1 },
      roles: [
        {
          ...role,
          holds: true,
          summary: "Held.",
          reasons: [{ code: "MappedGroup", sentence: "By it.", mapping: "viewers", group: "staff" }],
        },
      ],
    },
  ],
};
const ANSWERS: [path: string, body: object][] = [
  ["users", list],
  ["users/acme-ada", user],
  ["explain", explanations],
  ["me", { kind: "ServiceAccount", serviceAccount: { namespace: "team", name: "reports" }, mayList: true }],
  ["me", { kind: "Session", admin: false, expires: TIME, user: person }],
];

test("answers that say all there can be said are as the document has them, and one that says more isn't", (t) => {
  const contract = new Contract();
  const checked = (path: string, body: object) => () =>
    contract.check({
      method: "GET",
      path: `/organizations/team/acme/${path}`,
      status: 200,
      headers: { "content-type": "application/json; charset=utf-8", etag: '"1"' },
      body: JSON.stringify(body),
    });
  for (const [path, body] of ANSWERS) {
    t.notThrows(checked(path, body), path);
    t.throws(checked(path, { ...body, more: 1 }), undefined, path);
  }
  for (const [path, body] of [
    ["users", { ...list, total: -1 }],
    ["users", { ...list, matching: undefined }],
    ["users/acme-ada", { ...user, state: "Gone" }],
    ["users/acme-ada", { ...user, since: "yesterday" }],
    ["me", { kind: "Nobody" }],
  ] as const)
    t.throws(checked(path, body), undefined, JSON.stringify(body));
});
