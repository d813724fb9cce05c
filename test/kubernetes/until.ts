import { waitFor } from "../wait-for.ts";

/** Waits until something is so, or truthy. */
export function until(what: string, look: () => unknown): Promise<unknown> {
  return waitFor(async () => (await look()) || undefined, { what });
}
