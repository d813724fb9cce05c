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

/** A target that can't be read is none: an event is about what it names, and an app may name what it likes. */
const targets = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((items): LogTarget[] =>
    (items ?? []).flatMap((item) => {
      const { data } = target.safeParse(item);
      if (!data) return [];
      const { id, type, displayName } = data;
      return [{ id, type, ...(typeof displayName === "string" ? { displayName } : {}) }];
    }),
  );

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
