import { createHash, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { type LogEvent, readEvents } from "./log-event.ts";

/** What Okta's event hook delivers (Okta, "Event hooks", event objects). */
export interface Delivery {
  readonly events: readonly LogEvent[];
  /** How many more there were that can't be read. */
  readonly unreadable: number;
}

/** Okta delivers a few at a time. */
const MOST_EVENTS = 5_000;

const deliverySchema = z.object({
  eventType: z.literal("com.okta.event_hook"),
  data: z.object({ events: z.array(z.unknown()).max(MOST_EVENTS) }),
});

/**
 * The events of a delivery. One that can't be read doesn't keep the others from being read.
 * @param body as JSON
 * @returns undefined where it isn't a delivery at all, or one of more events than Okta's have
 */
export async function readDelivery(body: unknown): Promise<Delivery | undefined> {
  const { data: delivery } = deliverySchema.safeParse(body);
  if (!delivery) return undefined;
  const events = await readEvents(delivery.data.events);
  return { events, unreadable: delivery.data.events.length - events.length };
}

/** Longest challenge that is answered. Okta's are of 40 characters. */
const MAX_CHALLENGE_LENGTH = 512;

/**
 * What Okta wants to be answered to the challenge by which it verifies an event hook (Okta, "Event hooks", one-time
 * verification request).
 * @param challenge the header `X-Okta-Verification-Challenge`
 * @returns undefined where there is none that can be answered
 */
export function challengeAnswer(
  challenge: string | string[] | undefined,
): { verification: string } | undefined {
  if (typeof challenge !== "string" || challenge === "" || challenge.length > MAX_CHALLENGE_LENGTH)
    return undefined;
  return { verification: challenge };
}

/**
 * Whether a header `Authorization` is the secret that Okta sends. How long it takes tells nothing of it: digests are
 * compared. An empty secret is nobody's.
 */
export function isSecret(authorization: string | undefined, secret: string): boolean {
  return timingSafeEqual(digest(authorization ?? ""), digest(secret)) && secret !== "";
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
