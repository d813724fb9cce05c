import { oktaRoleMappings } from "../../crds/resources.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { type Client, ConflictError, NotFoundError } from "../../kubernetes/index.ts";
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
 * Writes one edit: only if the mapping's spec is still what the edit was made from, and nobody else's.
 * @returns the mapping as it is now; as it was, where it is gone
 * @throws MappingChangedError, ApiError, ConnectionError
 */
export async function writeEdit(
  client: Pick<Client, "pages" | "apply" | "delete">,
  organization: Organization,
  { field, groups }: Pick<Edit, "field" | "groups">,
): Promise<OktaRoleMapping> {
  const intent = mappingIntent(organization, field, groups);
  let read = field.read;
  for (let attempt = 1; ; attempt++) {
    const { resourceVersion, uid } = read?.object.metadata ?? {};
    try {
      if (groups.length > 0) {
        const metadata = { ...intent.metadata, ...(resourceVersion && { resourceVersion }) };
        return await client.apply(
          oktaRoleMappings,
          { ...intent, metadata },
          { fieldManager: CONSOLE_MANAGER },
        );
      }
      if (!read || !uid || !resourceVersion) throw new MappingChangedError(field.mapping);
      await client.delete(oktaRoleMappings, intent.metadata, { uid, resourceVersion });
      return read.object;
    } catch (error) {
      if (!(error instanceof ConflictError || error instanceof NotFoundError)) throw error;
      const all = await readMappings(client, organization);
      const now = all.find(({ object }) => object.metadata.name === field.mapping);
      if (attempt === ATTEMPTS || !read || !now || !isSame(read, now))
        throw new MappingChangedError(field.mapping, { cause: error });
      read = now;
    }
  }
}

/** Whether two readings are of the same spec, of the same people. */
function isSame(a: ReadMapping, b: ReadMapping): boolean {
  return (
    a.object.metadata.uid === b.object.metadata.uid &&
    a.object.metadata.generation === b.object.metadata.generation &&
    a.owners.join() === b.owners.join()
  );
}
