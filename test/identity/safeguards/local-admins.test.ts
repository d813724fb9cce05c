import test from "ava";
import { LocalAdmins } from "../../../identity/safeguards/local-admins.ts";
import type { UserEvent } from "../../../identity/store.ts";
import type { User } from "../../../identity/user.ts";
import { account, local, policy } from "../an-account.ts";

const ACME = "acme/acme";

function scene(...events: UserEvent[]) {
  return sceneWhere({}, ...events);
}

function sceneWhere(options: { areLetIn?: boolean }, ...events: UserEvent[]) {
  let tell = (_: UserEvent): void => {};
  const store = {
    subscribe: (listener: typeof tell) => {
      tell = listener;
      return () => {};
    },
  };
  const admins = new LocalAdmins(store, "product", options);
  for (const event of events) tell(event);
  return { tell: (event: UserEvent) => tell(event), canGetIn: () => admins.canGetIn(ACME, policy) };
}

const admin = (changes: Partial<User> = {}): User =>
  local({ ref: "acme/mia", localRoles: ["organization-admin"], serviceAccountName: "mia", ...changes });
const added = (user: User): UserEvent => ({ kind: "added", user });

test("a local account with an admin role and a service account gets in without Okta", (t) => {
  t.true(scene(added(admin())).canGetIn());
  t.false(scene().canGetIn());
  t.false(scene(added(admin({ localRoles: ["service-admin"] }))).canGetIn(), "no admin role");
  const { serviceAccountName: _, ...closed } = admin();
  t.false(scene(added(closed)).canGetIn(), "no way in");
  t.false(scene(added(account())).canGetIn(), "Okta's");
  t.false(scene(added(admin({ source: "Okta" }))).canGetIn(), "Okta's, whatever it says beside that");
  t.false(scene(added(admin({ organization: "acme/other" }))).canGetIn(), "another organization's");
});

test("where tokens can't be checked nobody gets in", (t) => {
  t.false(sceneWhere({ areLetIn: false }, added(admin())).canGetIn());
  t.true(sceneWhere({ areLetIn: true }, added(admin())).canGetIn());
});

test("two accounts of one service account open neither; of two service accounts, both", (t) => {
  const other = { ref: "acme/noa", localRoles: ["service-admin"] };
  t.false(scene(added(admin()), added(admin(other))).canGetIn());
  t.true(scene(added(admin()), added(admin({ ...other, serviceAccountNamespace: "elsewhere" }))).canGetIn());
  const said = admin({ ...other, serviceAccountNamespace: "product" });
  t.false(scene(added(admin()), added(said)).canGetIn(), "it is the same, whether that is said or not");
  t.true(scene(added(admin()), added(admin({ ...other, serviceAccountName: "noa" }))).canGetIn());
});

test("who is deleted, linked to Okta or loses the role or the service account gets in no longer", (t) => {
  const { serviceAccountName: _, ...closed } = admin();
  for (const user of [
    admin({ localRoles: [] }),
    closed,
    account({ ref: "acme/mia" }),
    admin({ organization: "acme/other" }),
  ])
    t.false(scene(added(admin()), { kind: "updated", user, previous: admin() }).canGetIn());
  t.false(scene(added(admin()), { kind: "deleted", user: admin() }).canGetIn());
  const noa = admin({ ref: "acme/noa" });
  t.true(scene(added(admin()), added(noa), { kind: "deleted", user: noa }).canGetIn(), "the other is left");
});
