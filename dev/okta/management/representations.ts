import type { Group, User, UserStatus } from "../directory/entities.ts";
import type { LifecycleOperation } from "../directory/user-lifecycle.ts";

type Json = Record<string, unknown>;

/** A user as lists give it; with `single`, as `GET /users/{id}` gives it, with links to what can be done. */
export function userJson(user: User, base: string, { single = false } = {}): Json {
  const self = `${base}/api/v1/users/${user.id}`;
  return {
    id: user.id,
    status: user.status,
    created: user.created,
    activated: user.activated,
    statusChanged: user.statusChanged,
    lastLogin: user.lastLogin,
    lastUpdated: user.lastUpdated,
    passwordChanged: user.passwordChanged,
    type: { id: "oty00000000000000000" },
    profile: user.profile,
    credentials: {
      ...(user.password === undefined ? {} : { password: {} }),
      provider: { type: "OKTA", name: "OKTA" },
    },
    _links: { ...(single ? links(user.status, self) : {}), self: { href: self } },
  };
}

export function groupJson(group: Group, base: string, usersCount?: number): Json {
  const self = `${base}/api/v1/groups/${group.id}`;
  const logo = (name: string) => ({
    name,
    href: `${base}/img/logos/groups/okta-${name}.png`,
    type: "image/png",
  });
  return {
    id: group.id,
    created: group.created,
    lastUpdated: group.lastUpdated,
    lastMembershipUpdated: group.lastMembershipUpdated,
    objectClass: ["okta:user_group"],
    type: group.type,
    profile: group.profile,
    _links: {
      logo: [logo("medium"), logo("large")],
      users: { href: `${self}/users` },
      apps: { href: `${self}/apps` },
    },
    ...(usersCount === undefined ? {} : { _embedded: { stats: { usersCount } } }),
  };
}

function links(status: UserStatus, self: string): Json {
  return Object.fromEntries(
    operationsFor(status).map((name) => [name, { href: `${self}/lifecycle/${name}`, method: "POST" }]),
  );
}

function operationsFor(status: UserStatus): LifecycleOperation[] {
  switch (status) {
    case "STAGED":
      return ["activate"];
    case "PROVISIONED":
    case "RECOVERY":
      return ["reactivate", "deactivate"];
    case "ACTIVE":
      return ["suspend", "deactivate"];
    case "PASSWORD_EXPIRED":
      return ["deactivate"];
    case "LOCKED_OUT":
      return ["unlock", "deactivate"];
    case "SUSPENDED":
      return ["unsuspend", "deactivate"];
    case "DEPROVISIONED":
      return ["activate"];
  }
}
