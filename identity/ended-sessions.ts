/** A session that was ended by itself, while others of its account go on. */
export interface EndedSession {
  readonly id: string;
  /** When it would have expired, in ms since 1970, to the second: from then on nobody has to remember it. */
  readonly expiresAt: number;
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
  const remembered = [...known.filter(({ expiresAt }) => expiresAt > now), ended];
  return remembered.length > MOST ? "too-many" : remembered;
}
