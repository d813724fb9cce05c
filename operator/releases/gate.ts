import { organizationOf } from "../../crds/organization-key.ts";
import type { OktaRoleMapping, Organization, OrganizationUser } from "../../crds/types.ts";
import { type Cache, type Controller, keyOf, type ObjectKey } from "../../kubernetes/index.ts";
import type { Keepers } from "../../organizations/keepers.ts";

/** What the keys of a controller are of. */
export type KeysAre = "organizations" | "mappings" | "users";

/**
 * Controllers look at what hangs on organizations that this release keeps, and on none at all: two releases would write
 * against each other. What is turned away is remembered, and looked at when the organization has become this one's.
 */
export class Gate {
  readonly #keepers: Pick<Keepers, "isOurs">;
  readonly #caches: {
    readonly organizations: Pick<Cache<Organization>, "get">;
    readonly mappings: Pick<Cache<OktaRoleMapping>, "get">;
    readonly users: Pick<Cache<OrganizationUser>, "get">;
  };
  /** By organization. */
  readonly #turnedAway = new Map<ObjectKey, Map<Controller["queue"], Set<ObjectKey>>>();

  constructor({
    keepers,
    ...caches
  }: {
    keepers: Pick<Keepers, "isOurs">;
    organizations: Pick<Cache<Organization>, "get">;
    mappings: Pick<Cache<OktaRoleMapping>, "get">;
    users: Pick<Cache<OrganizationUser>, "get">;
  }) {
    this.#keepers = keepers;
    this.#caches = caches;
  }

  /** @param queue where the key comes from */
  admits(key: ObjectKey, keysAre: KeysAre, queue: Controller["queue"]): boolean {
    const organization = this.#organizationOf(key, keysAre);
    if (!organization || this.#keepers.isOurs(organization)) return true;
    const name = keyOf(organization);
    const queues = this.#turnedAway.get(name) ?? new Map<Controller["queue"], Set<ObjectKey>>();
    this.#turnedAway.set(name, queues);
    queues.set(queue, (queues.get(queue) ?? new Set()).add(key));
    return false;
  }

  /** Has everything looked at that was turned away because of this organization. */
  open(organization: ObjectKey): void {
    for (const [queue, keys] of this.#turnedAway.get(organization) ?? [])
      for (const key of keys) queue.add(key);
    this.#turnedAway.delete(organization);
  }

  #organizationOf(key: ObjectKey, keysAre: KeysAre): Organization | undefined {
    const { organizations, mappings, users } = this.#caches;
    if (keysAre === "organizations") return organizations.get(key);
    const object = keysAre === "mappings" ? mappings.get(key) : users.get(key);
    return object && organizations.get(organizationOf(object));
  }
}
