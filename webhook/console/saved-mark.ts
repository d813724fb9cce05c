import { createHash } from "node:crypto";
import type { OktaRoleMapping } from "../../crds/types.ts";
import type { RoleField } from "./role-fields.ts";

/**
 * Names the mappings of all fields as they are: whatever is edited, made or deleted among them, it is another one. So what
 * was saved can be told from what somebody has changed again, and no link can say it that was made without saving.
 * @param written those that were written since the fields were read, by name; undefined: it was deleted
 */
export function savedMark(
  fields: readonly Pick<RoleField, "mapping" | "read">[],
  written: ReadonlyMap<string, OktaRoleMapping | undefined> = new Map(),
): string {
  const hash = createHash("sha256");
  for (const { mapping, read } of fields) {
    const { uid, generation } = (written.has(mapping) ? written.get(mapping) : read?.object)?.metadata ?? {};
    hash.update(`${JSON.stringify([mapping, uid, generation])}\n`);
  }
  return hash.digest("base64url").slice(0, 16);
}
