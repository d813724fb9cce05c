import type { Logger } from "pino";
import { organizationUsers } from "../../../../crds/resources.ts";
import type { OrganizationUser } from "../../../../crds/types.ts";
import { userIndexes } from "../../../../identity/stores/kubernetes/user-indexes.ts";
import { Cache, type Client } from "../../../../kubernetes/index.ts";

/** A cache of the users of one namespace, as the Kubernetes store wants it. Whoever asks for it runs it. */
export function usersCache(client: Client, namespace: string, log: Logger): Cache<OrganizationUser> {
  return new Cache({ client, type: organizationUsers, namespaces: [namespace], indexes: userIndexes, log });
}
