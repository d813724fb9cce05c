import { isDeepStrictEqual } from "node:util";
import { oktaRoleMappings } from "../../crds/resources.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import {
  ApiError,
  type Client,
  ConflictError,
  ForbiddenError,
  InvalidError,
  mayBeDone,
  NotFoundError,
} from "../../kubernetes/index.ts";
import type { Edit } from "./mapping-edits.ts";
import { mappingIntent } from "./mapping-manifest.ts";
import { CONSOLE_MANAGER } from "./mapping-owner.ts";
import { type ReadMapping, readMappings } from "./read-mappings.ts";

/** Somebody else has changed the mapping since it was read, or has one of its name. */
export class MappingChangedError extends Error {
  readonly code = "mapping-changed";
  /** Its name. */
  readonly mapping: string;

  constructor(mapping: string, options?: ErrorOptions) {
    super(`${mapping} was changed meanwhile.`, options);
    this.mapping = mapping;
  }
}

/** A status is written at any time, and makes another resourceVersion: then the same is tried again. */
const ATTEMPTS = 4;

/**
 * The resourceVersion of no object: etcd counts from there with its first write. What is applied with it is made where there
 * is none of its name, and is a conflict where there is one.
 */
const OF_NONE = "1";

type Writes = Pick<Client, "pages" | "apply" | "delete">;
type Intent = ReturnType<typeof mappingIntent>;

/**
 * Writes one edit: only if the mapping's spec is still what the edit was made from, and nobody else's. Where an answer was
 * lost, what is there tells whether it was written.
 * @returns the mapping as it is now; as it was, where it is gone
 * @throws MappingChangedError, ApiError, ConnectionError; see `isPerhapsWritten`
 */
export async function writeEdit(
  client: Writes,
  organization: Organization,
  { field, groups }: Pick<Edit, "field" | "groups">,
): Promise<OktaRoleMapping> {
  const intent = mappingIntent(organization, field, groups);
  let read = field.read;
  for (let attempt = 1; ; attempt++) {
    try {
      return groups.length > 0 ? await apply(client, intent, read) : await remove(client, intent, read);
    } catch (error) {
      const isOutdated = error instanceof ConflictError || error instanceof NotFoundError;
      if (!isOutdated && !mayBeDone(error)) throw error;
      const now = await mappingNow(client, organization, field.mapping, error);
      const written = mayBeDone(error) ? writtenOf(intent, read, now) : undefined;
      if (written) return written;
      if (!isOutdated) throw error;
      if (attempt === ATTEMPTS || !read || !now || !isSame(read, now))
        throw new MappingChangedError(field.mapping, { cause: error });
      read = now;
    }
  }
}

/** Whether a mapping that couldn't be written for this reason may have been written all the same. */
export function isPerhapsWritten(error: unknown): boolean {
  return mayBeDone(error instanceof MappingChangedError ? error.cause : error);
}

/** Whether this program has no right to write mappings (RBAC's words are `User "..." cannot patch resource "..."`). */
export function isWithoutRight(error: unknown): boolean {
  return error instanceof ForbiddenError && /cannot \w+ resource/.test(error.message);
}

/** Whether the API server has something against the mapping: its schema, or somebody's admission policy or webhook. */
export function isAgainstIt(error: unknown): error is ApiError {
  if (error instanceof ForbiddenError) return !isWithoutRight(error);
  return error instanceof InvalidError || (error instanceof ApiError && error.status === 400);
}

/** By its resourceVersion alone, one that was deleted meanwhile would be made anew: so by its uid, too. */
function apply(client: Writes, intent: Intent, read: ReadMapping | undefined): Promise<OktaRoleMapping> {
  const { uid, resourceVersion } = read ? read.object.metadata : { resourceVersion: OF_NONE };
  const metadata = { ...intent.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
  return client.apply(oktaRoleMappings, { ...intent, metadata }, { fieldManager: CONSOLE_MANAGER });
}

async function remove(
  client: Writes,
  intent: Intent,
  read: ReadMapping | undefined,
): Promise<OktaRoleMapping> {
  const { uid, resourceVersion } = read?.object.metadata ?? {};
  if (!read || !uid || !resourceVersion) throw new MappingChangedError(intent.metadata.name);
  await client.delete(oktaRoleMappings, intent.metadata, { uid, resourceVersion });
  return read.object;
}

/** @throws the error that made one look, where it can't be read: what came of the write is what counts */
async function mappingNow(
  client: Writes,
  organization: Organization,
  name: string,
  error: unknown,
): Promise<ReadMapping | undefined> {
  const all = await readMappings(client, organization).catch(() => {
    throw error;
  });
  return all.find(({ object }) => object.metadata.name === name);
}

/** The mapping, where what is there is what was to be written, so that an earlier request has done it; else undefined. */
function writtenOf(
  intent: Intent,
  read: ReadMapping | undefined,
  now: ReadMapping | undefined,
): OktaRoleMapping | undefined {
  if (intent.spec.groups.length === 0) return now ? undefined : read?.object;
  if (!now || now.owners.length > 0 || !isDeepStrictEqual(now.object.spec, intent.spec)) return undefined;
  const isOfAnother = read && read.object.metadata.uid !== now.object.metadata.uid;
  return isOfAnother ? undefined : now.object;
}

/** Whether two readings are of the same spec, of the same people. */
function isSame(a: ReadMapping, b: ReadMapping): boolean {
  return (
    a.object.metadata.uid === b.object.metadata.uid &&
    a.object.metadata.generation === b.object.metadata.generation &&
    a.owners.join() === b.owners.join()
  );
}
