import type { Organization } from "../../crds/types.ts";
import type { DirectoryAnswer } from "../../identity/index.ts";
import type { Directory } from "../../okta/directory.ts";
import type { DirectoryClients } from "../../okta/directory-clients.ts";
import { DirectoryUnauthorizedError } from "../../okta/directory-errors.ts";

/** A person is waiting: a rate limit that lasts longer than this fails the sign-in. In ms. */
export const DIRECTORY_WAIT_MS = 2_000;

/** A person's groups and status as Okta's directory has them. A failure is an answer, too. */
export async function groupsInDirectory(
  directories: Pick<DirectoryClients, "of">,
  organization: Organization,
  subject: string,
): Promise<DirectoryAnswer> {
  const ask = async (options?: { fresh: boolean }): Promise<DirectoryAnswer> => {
    const directory = await directories.of(organization, options);
    return directory ? read(directory, subject) : { kind: "none" };
  };
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof DirectoryUnauthorizedError)) return failed(error);
  }
  // The credentials may have been replaced since they were read.
  return ask({ fresh: true }).catch(failed);
}

async function read(directory: Directory, subject: string): Promise<DirectoryAnswer> {
  const [user, groups] = await Promise.all([directory.user(subject), directory.userGroups(subject)]);
  return {
    kind: "groups",
    groups: groups.map(({ id, name }) => ({ id, name })),
    ...(user === undefined ? {} : { status: user.status }),
  };
}

function failed(error: unknown): DirectoryAnswer {
  return { kind: "failed", why: error instanceof Error ? error.message : "The directory can't be read." };
}
