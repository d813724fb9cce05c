import type { Organization } from "../../crds/types.ts";
import type { DirectoryAnswer } from "../../identity/index.ts";
import { KubernetesError } from "../../kubernetes/index.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { OktaError } from "../../okta/errors.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";

/** A person is waiting: a rate limit that lasts longer than this fails the sign-in. In ms. */
export const DIRECTORY_WAIT_MS = 2_000;

/** A person's groups and status as Okta's directory has them. A failure of Okta's or of the cluster's is an answer, too. */
export async function groupsInDirectory(
  directories: Pick<DirectoryClients, "ask">,
  organization: Organization,
  subject: string,
): Promise<DirectoryAnswer> {
  try {
    const answer = await directories.ask(organization, (directory) => read(directory, subject));
    return answer ?? { kind: "none" };
  } catch (error) {
    if (error instanceof OktaError || error instanceof KubernetesError)
      return { kind: "failed", why: error.message };
    throw error;
  }
}

async function read(directory: Directory, subject: string): Promise<DirectoryAnswer> {
  const [user, groups] = await Promise.all([directory.user(subject), directory.userGroups(subject)]);
  // Okta takes logins for ids: what it says of somebody else's login must not count, neither must a missing status.
  if (user === undefined)
    return { kind: "failed", why: "Okta's directory has no user with the ID that the token names." };
  return { kind: "groups", groups: groups.map(({ id, name }) => ({ id, name })), status: user.status };
}
