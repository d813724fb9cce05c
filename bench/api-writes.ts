import { apiRequest } from "../dev/control-plane/api-request.ts";
import type { ControlPlane } from "../dev/control-plane/control-plane.ts";
import { parseExposition, type Sample } from "./exposition.ts";

const WRITING: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);

/** Writes by resource, as in `{"oktarolemappings/status": 10000}`. */
export type Writes = ReadonlyMap<string, number>;

/**
 * What the API server says it has been asked to write since it started, by whomever. Leases are left out, they are how
 * processes show that they are alive; so are reviews, which store nothing, and what the API server keeps for itself.
 */
export async function apiWrites({ admin }: ControlPlane): Promise<Writes> {
  const { status, body } = await apiRequest(admin, "GET", "/metrics");
  if (status !== 200) throw new Error(`the API server's /metrics answered ${status}`);
  const writes = new Map<string, number>();
  for (const sample of parseExposition(body)) {
    if (!isWrite(sample)) continue;
    const { resource = "", subresource = "" } = sample.labels;
    const name = subresource === "" ? resource : `${resource}/${subresource}`;
    writes.set(name, (writes.get(name) ?? 0) + sample.value);
  }
  return writes;
}

function isWrite({ name, labels }: Sample): boolean {
  const { verb = "", group = "", resource = "" } = labels;
  if (name !== "apiserver_request_total" || !WRITING.has(verb)) return false;
  return (
    resource !== "leases" && !group.endsWith("flowcontrol.apiserver.k8s.io") && !resource.endsWith("reviews")
  );
}

/** What was written between the two, without what wasn't. */
export function writesBetween(before: Writes, after: Writes): Writes {
  return new Map(
    [...after]
      .map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}

/** For a sentence: "3 events, 1 organizations/status". */
export function listed(writes: Writes): string {
  return [...writes].map(([name, count]) => `${count} ${name}`).join(", ") || "none";
}

/** All of them together. */
export function sum(writes: Writes): number {
  return [...writes.values()].reduce((total, count) => total + count, 0);
}
