/** A session that was ended by itself, while others of its account go on. */
export interface EndedSession {
  readonly id: string;
  /** When it would have expired, in ms since 1970, to the second: soon after that nobody has to remember it. */
  readonly expiresAt: number;
}

/** Clocks that differ by more take no ID token of Okta's either: one that is ahead forgets nothing that others go by. */
const CLOCKS_DIFFER_MS = 3_600_000;

/** Whether a session has expired by everybody's clock. @param now ms since 1970 */
export function hasExpiredEverywhere({ expiresAt }: Pick<EndedSession, "expiresAt">, now: number): boolean {
  return now >= expiresAt + CLOCKS_DIFFER_MS;
}

/** Ended sessions that an account remembers one by one. */
const MOST = 16;

/**
 * What an account has to remember when one more of its sessions has ended.
 * @param now ms since 1970
 * @returns "too-many" when all of its sessions have to end, since nothing that has ended may be forgotten
 */
export function withEndedSession(
  known: readonly EndedSession[],
  ended: EndedSession,
  now: number,
): readonly EndedSession[] | "too-many" {
  if (known.some(({ id }) => id === ended.id)) return known;
  const remembered = [...known.filter((each) => !hasExpiredEverywhere(each, now)), ended];
  return remembered.length > MOST ? "too-many" : remembered;
}
