import test from "ava";
import { heldRoles } from "../../webhook/held-roles.ts";
import { account, local } from "../identity/an-account.ts";
import { visitorOfAcme } from "./pages/a-visitor.ts";

test("a role is held as the catalogue calls it now, with what it is held by, as far as there is such a thing", (t) => {
  const { organization } = visitorOfAcme([
    { name: "viewer", displayName: "Viewers" },
    { name: "owner", displayName: "Owners", admin: true },
  ]);
  const grants = [{ role: "owner", mapping: "owners", group: "staff" }, { role: "viewer" }, { role: "gone" }];
  const access = { active: true, grants, groups: [], reason: "MappedGroup", message: "" } as const;
  t.deepEqual(heldRoles(account({ access }), organization), [
    { name: "owner", displayName: "Owners", admin: true, mapping: "owners", group: "staff" },
    { name: "viewer", displayName: "Viewers", admin: false },
    { name: "gone", displayName: "gone", admin: false },
  ]);
  t.deepEqual(heldRoles(local(), organization), [], "nothing has been decided yet");
});
