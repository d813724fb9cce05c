import { organizationUsers } from "../../crds/resources.ts";
import { type Client, subjectAccessReviews } from "../../kubernetes/index.ts";
import type { TokenUser } from "./token-reviews.ts";

/** To read one account, or all of a namespace. */
export interface ReadRight {
  readonly verb: "get" | "list";
  readonly namespace: string;
  /** The one account. */
  readonly name?: string;
}

/**
 * Asks the API server whether somebody may read accounts by its own rules.
 * @throws errors of the Kubernetes client
 */
export async function mayRead(
  client: Pick<Client, "create">,
  { username, uid, groups, extra }: TokenUser,
  right: ReadRight,
): Promise<boolean> {
  const { group, plural } = organizationUsers;
  const { status } = await client.create(
    subjectAccessReviews,
    {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      metadata: {},
      spec: {
        user: username,
        groups,
        extra,
        ...(uid === undefined ? {} : { uid }),
        resourceAttributes: { ...right, group, resource: plural },
      },
    },
    { idempotent: true },
  );
  return status?.allowed === true;
}
