import { setImmediate as turn } from "node:timers/promises";
import { z } from "zod";

/** To what or whom something was done. */
export interface LogTarget {
  readonly id: string;
  /** User, UserGroup, AppInstance, AppUser, ... */
  readonly type: string;
  readonly displayName?: string;
}

/** One event, as the System Log and event hooks tell it (Okta, "System Log API", LogEvent object). */
export interface LogEvent {
  readonly uuid: string;
  /** When it happened, by Okta's clock: RFC 3339. */
  readonly published: string;
  readonly eventType: string;
  /** SUCCESS, FAILURE, ... */
  readonly outcome?: string;
  readonly targets: readonly LogTarget[];
}

const target = z.object({
  id: z.string().min(1),
  type: z.string().min(1),
  displayName: z.unknown().optional(),
});

/** The most targets of an event: Okta's have a handful. */
const MOST_TARGETS = 1_000;

/** A target that can't be read is none: an event is about what it names, and an app may name what it likes. */
const targets = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((items, context): LogTarget[] => {
    if (items && items.length > MOST_TARGETS) {
      context.addIssue(`more than ${MOST_TARGETS} targets`);
      return z.NEVER;
    }
    return (items ?? []).flatMap((item) => {
      const { data } = target.safeParse(item);
      if (!data) return [];
      const { id, type, displayName } = data;
      return [{ id, type, ...(typeof displayName === "string" ? { displayName } : {}) }];
    });
  });

/** @internal */
export const logEventSchema = z
  .object({
    uuid: z.string().min(1),
    published: z.iso.datetime({ offset: true }),
    eventType: z.string().min(1),
    outcome: z.object({ result: z.string() }).nullish().catch(undefined),
    target: targets,
  })
  .transform(
    ({ uuid, published, eventType, outcome, target }): LogEvent => ({
      uuid,
      published,
      eventType,
      ...(outcome ? { outcome: outcome.result } : {}),
      targets: target,
    }),
  );

/** How long events are read without letting others run, ms. */
const MAX_TURN_MS = 10;

/**
 * Those of these events that can be read. One that can't keeps none of the others from being read: the log couldn't be
 * passed by it, ever.
 */
export async function readEvents(items: readonly unknown[]): Promise<LogEvent[]> {
  const events: LogEvent[] = [];
  let began = performance.now();
  for (const item of items) {
    const { data } = logEventSchema.safeParse(item);
    if (data) events.push(data);
    if (performance.now() - began < MAX_TURN_MS) continue;
    await turn();
    began = performance.now();
  }
  return events;
}
