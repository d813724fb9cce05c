import { parse } from "yaml";
import { isRecord } from "./object.ts";

/**
 * What client-node leaves out of a kubeconfig: it looks for `token-file`, while the field is `tokenFile` (kubeconfig v1,
 * AuthInfo).
 * @returns the path, as it is written, by the user's name
 */
export function tokenFilesIn(text: string): Map<string, string> {
  const found = new Map<string, string>();
  const whole: unknown = parse(text, { merge: true });
  const users = isRecord(whole) && Array.isArray(whole.users) ? whole.users : [];
  for (const entry of users) {
    if (!isRecord(entry) || typeof entry.name !== "string" || !isRecord(entry.user)) continue;
    const { tokenFile } = entry.user;
    if (typeof tokenFile === "string" && tokenFile) found.set(entry.name, tokenFile);
  }
  return found;
}
