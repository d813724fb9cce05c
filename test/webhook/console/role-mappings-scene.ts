import type { ExecutionContext } from "ava";
import type { User } from "../../../identity/index.ts";
import type { EventToRecord } from "../../../kubernetes/index.ts";
import { type Leaves, RoleMappings, type Saved } from "../../../webhook/console/role-mappings.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import { account } from "../../identity/an-account.ts";
import { logLines } from "../../log-lines.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { acmeThatSaves, mappingsScene } from "./mappings-scene.ts";

export const ROLES = [
  { name: "viewer", displayName: "Viewers" },
  { name: "owner", displayName: "Owners", admin: true },
  { name: "boss", displayName: "Bosses", admin: true },
];

/** Somebody who is in these groups and holds these roles by Acme's own mappings. */
export function member(name: string, groups: string[], roles: string[]): User {
  return account({
    ref: `acme/${name}`,
    uid: name,
    subject: name,
    email: `${name}@acme.example`,
    groups: groups.map((group) => ({ name: group })),
    access: {
      active: roles.length > 0,
      grants: roles.map((role) => ({ role, mapping: `acme.${role}`, group: "x" })),
      groups,
      reason: "MappedGroup",
      message: "",
    },
  });
}

/** Whoever saves is an admin all along. */
export const stays: Leaves = async () => undefined;

/** The mappings that were saved, in order; of what wasn't, why. */
export function savedOf(saved: Saved): readonly string[] | Saved {
  return saved.kind === "saved" ? saved.mappings : saved;
}

/** Acme's page Role mapping, as Ada sees it, who holds these admin roles. */
export async function scene(t: ExecutionContext, adminRoles = ["owner"]) {
  const made = await mappingsScene(t, ROLES);
  const organization = acmeThatSaves(ROLES);
  const ada = member("ada", ["owners"], adminRoles);
  const people: User[] = [ada];
  const events: EventToRecord[] = [];
  const safety = { active: 100, recent: 0, localAdmin: false };
  const { log, lines } = logLines();
  const roleMappings = new RoleMappings({
    client: made.client,
    store: {
      async *users() {
        yield* people;
      },
    },
    counts: {
      activeFromOkta: () => safety.active,
      deactivatedSince: () => safety.recent,
    },
    localAdmins: { canGetIn: () => safety.localAdmin },
    events: { record: (event) => events.push(event) },
    log,
  });
  const roles = adminRoles.map((name) => ({ name, displayName: name, admin: true }));
  const visitor: Visitor = { ...visitorOfAcme(ROLES), organization, user: ada, roles };
  const form = (filledIn: Record<string, string>) => new Map(Object.entries(filledIn));
  const preview = (filledIn: Record<string, string>) => roleMappings.preview(visitor, form(filledIn));
  const save = async (
    filledIn: Record<string, string>,
    seen: { hash?: string; takesOwnAdminRole?: boolean } = {},
    leaves: Leaves = stays,
  ) => {
    const { hash } = await preview(filledIn);
    return roleMappings.save(visitor, form(filledIn), { hash, takesOwnAdminRole: false, ...seen }, leaves);
  };
  return { ...made, roleMappings, visitor, preview, save, people, safety, events, lines, organization };
}
