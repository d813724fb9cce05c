import { oktaRoleMappings, organizations } from "../../crds/resources.ts";
import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import { type Client, letOthersRun } from "../../kubernetes/index.ts";
import { ownersOf } from "./mapping-owner.ts";

/** A mapping as it is this very moment, and whose it is. */
export interface ReadMapping {
  readonly object: OktaRoleMapping;
  /** Who has written its spec beside the page itself; empty: nobody. */
  readonly owners: readonly string[];
}

/** Small pages: each is one turn of the event loop to read, and sessions are checked in between. */
const PAGE = 100;

/**
 * An organization's mappings, sorted by name. They are read anew, since the cache keeps nothing of who has written what, and
 * since whoever saves decides on what is there.
 * @throws ApiError, ConnectionError
 */
export async function readMappings(
  client: Pick<Client, "pages">,
  { metadata: { namespace, name } }: Organization,
): Promise<ReadMapping[]> {
  const found: ReadMapping[] = [];
  const fields = { "spec.organizationRef.name": name };
  for await (const { items } of client.pages(oktaRoleMappings, { namespace, fields, limit: PAGE })) {
    for (const { metadata, ...rest } of items) {
      const { managedFields, ...kept } = { managedFields: undefined, ...metadata };
      found.push({ object: { ...rest, metadata: kept }, owners: ownersOf(managedFields) });
    }
    await letOthersRun();
  }
  return found.sort((a, b) => (a.object.metadata.name < b.object.metadata.name ? -1 : 1));
}

/** The organization itself as it is this very moment; undefined when it is gone. */
export async function readOrganization(
  client: Pick<Client, "pages">,
  { metadata: { namespace, name } }: Organization,
): Promise<Organization | undefined> {
  for await (const { items } of client.pages(organizations, { namespace, name, limit: 1 })) return items[0];
  return undefined;
}
