import { pino } from "pino";
import { organizationUsers } from "../../crds/resources.ts";
import type { Access } from "../../identity/index.ts";
import { newObject, statusWith } from "../../identity/stores/kubernetes/user-object.ts";
import { Cache, createClient } from "../../kubernetes/index.ts";

/** Where a first sign-in leaves an account. */
export interface WritesTo {
  readonly kubeconfig: string;
  /** "namespace/name" */
  readonly organization: string;
}

/**
 * The writes that an account takes, and nothing else: an object is created, its status is written, and a watch brings
 * both back, all by the product's own client. Nothing is looked up, decided, counted or logged.
 * @returns stores somebody
 */
export async function rawWrites({
  kubeconfig,
  organization,
}: WritesTo): Promise<(who: Who) => Promise<void>> {
  const log = pino({ level: "silent" });
  const client = await createClient({ kubeconfig, userAgent: "bench-raw-writes", log });
  const [namespace = ""] = organization.split("/");
  const cache = new Cache({ client, type: organizationUsers, namespaces: [namespace], log });
  void cache.run(new AbortController().signal);
  await cache.synced;
  return async ({ issuer, subject, email, groups }) => {
    const identity = {
      issuer,
      subject,
      email,
      emailVerified: true,
      groups: groups.map((name) => ({ name })),
      groupsFrom: "Claim" as const,
    };
    const access = accessBy(groups[0] ?? "");
    const created = await client.create(organizationUsers, newObject({ organization, identity, access }));
    const now = Date.now();
    const signIns = [{ at: now, outcome: "Admitted" as const, reason: access.reason }];
    const status = statusWith(created, { access, signIns }, { before: undefined, now });
    if (!status) throw new Error("A new account has no status to write.");
    await client.replace(organizationUsers, { ...created, status }, { subresource: "status" });
  };
}

/** As large as what the product would write. */
function accessBy(group: string): Access {
  return {
    active: true,
    grants: [{ role: "role-1", mapping: "m-1", group }],
    groups: [group],
    reason: "MappedGroup",
    message: `In mapped groups: ${group}.`,
  };
}

interface Who {
  readonly issuer: string;
  readonly subject: string;
  readonly email: string;
  readonly groups: readonly string[];
}
