import {
  type AuditLog,
  auditChanges,
  auditPerhaps,
  groupsToStore,
  type Identity,
  type IdentityStore,
  identityOf,
  isActiveInOkta,
  isAsStored,
  type Policies,
  type Policy,
  type ReceivedGroup,
  resolveAccess,
  SEEN_IN_DIRECTORY,
  StaleUserError,
  StoreError,
  type User,
  UserExistsError,
} from "../../identity/index.ts";
import type { DirectoryUser } from "../../okta/directory/resources.ts";
import type { UnfinishedSignIns } from "../users/unfinished-sign-ins.ts";

export interface StoringDeps {
  readonly store: IdentityStore;
  readonly policies: Pick<Policies, "of">;
  readonly unfinished: Pick<UnfinishedSignIns, "isComplete">;
  readonly audit: Pick<AuditLog, "write">;
  /** Has somebody reconciled, by their ref. */
  readonly decide: (ref: string) => void;
}

/**
 * Stores what Okta's directory says of somebody who has an account. What follows from it is decided where everything is
 * that is decided of stored accounts, under the same safeguards.
 * @returns whether it was anything new; undefined: somebody else has written the account meanwhile, perhaps on newer grounds
 * @throws StoreError
 */
export async function storeIdentity(
  user: User,
  read: DirectoryUser,
  groups: readonly ReceivedGroup[],
  deps: StoringDeps,
): Promise<boolean | undefined> {
  const policy = deps.policies.of(user.organization)?.policy;
  return write(user, policy && identityFrom(user, read, groups, policy), deps);
}

/**
 * Stores the status of somebody in Okta, and nothing else.
 * @returns what `storeIdentity` does
 * @throws StoreError
 */
async function storeStatus(user: User, status: string, deps: StoringDeps): Promise<boolean | undefined> {
  const stored = identityOf(user);
  return write(user, stored && { ...stored, status }, deps);
}

/**
 * Stores of somebody's accounts, of whichever issuer, that the person may not sign in any more, where that is so. Their groups
 * stay as they are.
 * @returns the last that was written; undefined: none was
 * @throws StoreError
 */
export async function storeOut(
  accounts: readonly User[],
  status: string,
  deps: StoringDeps,
): Promise<User | "overtaken" | undefined> {
  if (isActiveInOkta(status)) return undefined;
  let written: User | undefined;
  for (const user of accounts) {
    const changed = await storeStatus(user, status, deps);
    if (changed === undefined) return "overtaken";
    if (changed) written = user;
  }
  return written;
}

async function write(
  user: User,
  identity: Identity | undefined,
  { store, unfinished, decide }: StoringDeps,
): Promise<boolean | undefined> {
  if (!identity || isAsStored(user, identity)) return false;
  try {
    unfinished.isComplete(await store.update(user, { identity }));
    decide(user.ref);
    return true;
  } catch (error) {
    if (error instanceof StaleUserError) return undefined;
    throw error;
  }
}

/**
 * Makes the account of somebody who is in a mapped group and hasn't signed in yet. Nobody's while the organization is
 * paused, or whom the mappings give nothing, and none beside a local one of the same address: whose that is shows at the sign-in.
 * @returns whether it was made
 * @throws StoreError
 */
export async function makeAccount(
  organization: string,
  read: DirectoryUser,
  groups: readonly ReceivedGroup[],
  { store, policies, audit }: StoringDeps,
): Promise<boolean> {
  const inForce = policies.of(organization);
  if (!inForce || inForce.paused) return false;
  const { id: subject, ...attributes } = read;
  const identity: Identity = {
    issuer: inForce.issuer,
    subject,
    ...attributes,
    ...ofDirectory(groups, inForce.policy),
  };
  const access = resolveAccess(identity, inForce.policy);
  if (!access.active) return false;
  if (read.email !== undefined && (await store.findLocalByEmail(organization, read.email)).length > 0)
    return false;
  try {
    const user = await store.create({ organization, identity, access });
    audit.write(auditChanges(undefined, user, SEEN_IN_DIRECTORY), user.uid);
    return true;
  } catch (error) {
    const isThere = error instanceof UserExistsError || error instanceof StaleUserError; // they have just signed in
    if (!isThere && !(error instanceof StoreError)) throw error;
    const { perhaps } = error;
    if (perhaps) audit.write(auditPerhaps(perhaps, SEEN_IN_DIRECTORY), perhaps.after.uid);
    if (isThere) return false;
    throw error;
  }
}

/** What can't be read of an attribute says nothing about it: what is stored stays. */
function identityFrom(
  user: User,
  { id: _, ...attributes }: DirectoryUser,
  groups: readonly ReceivedGroup[],
  policy: Policy,
): Identity | undefined {
  const stored = identityOf(user);
  return stored && { ...stored, ...attributes, ...ofDirectory(groups, policy) };
}

function ofDirectory(
  groups: readonly ReceivedGroup[],
  policy: Policy,
): Pick<Identity, "emailVerified" | "groups" | "groupsFrom"> {
  return { emailVerified: false, groups: groupsToStore(groups, policy), groupsFrom: "Directory" };
}
