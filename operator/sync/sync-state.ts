import { asRepeated, SYNC_ANNOTATION } from "../../crds/annotations.ts";
import type { Organization } from "../../crds/types.ts";
import type { User } from "../../identity/index.ts";
import type { Percentiles } from "./measured-delays.ts";

/** Why a directory can't be followed, and since when. */
export interface Failure {
  /** ms since 1970 */
  readonly since: number;
  readonly error: unknown;
  /** Okta's ids of people of whom alone it fails, the first one first. Without it, it is about the directory. */
  readonly people?: readonly string[];
}

/** What everything was read for: for something else, it is read again. */
export interface ReadFor {
  readonly issuer: string;
  /** When people get their accounts. */
  readonly provision: string;
}

/** How far an organization's directory is followed. Times are in ms since 1970. */
export interface SyncState {
  readonly failure: Failure | undefined;
  readonly lastFullSync: number | undefined;
  /** For what everything was read last. See `requestedSync`. */
  readonly lastRequest: string | undefined;
  /** What it was read for. */
  readonly lastReadFor?: ReadFor | undefined;
  /** When Okta last said that something had changed. */
  readonly lastChange: number | undefined;
  /** Whether Okta's system log says what has changed: else its groups do. */
  readonly isLogReadable: boolean;
  /** Accounts that Okta doesn't show, although nothing says that they are gone. */
  readonly notShown: readonly User[];
  /** The names of mapped groups that Okta doesn't show, although nothing says that they were deleted. */
  readonly groupsNotShown: readonly string[];
  /** People and groups that are to be looked at. */
  readonly waiting: number;
  readonly delay: Percentiles | undefined;
}

/** What somebody has written to have all of a directory read, as the status has it once that is done. */
export function requestedSync(organization: Organization | undefined): string | undefined {
  const words = organization?.metadata.annotations?.[SYNC_ANNOTATION];
  return words === undefined ? undefined : asRepeated(words);
}

/** Whether what happens in the directory is known without asking for it. */
export function isFollowed(state: SyncState | undefined): boolean {
  const { failure, lastFullSync } = state ?? {};
  return lastFullSync !== undefined && (failure === undefined || failure.people !== undefined);
}
