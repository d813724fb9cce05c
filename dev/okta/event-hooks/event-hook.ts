import { z } from "zod";

/**
 * The event types about people, groups and apps that a hook may subscribe to (Okta: "Event Types", those tagged
 * event-hook-eligible). That somebody was deleted is told when it begins, `delete.completed` is in the log only.
 */
export const eligibleEventTypes: ReadonlySet<string> = new Set([
  "application.lifecycle.activate",
  "application.lifecycle.create",
  "application.lifecycle.deactivate",
  "application.lifecycle.delete",
  "application.lifecycle.update",
  "application.user_membership.add",
  "application.user_membership.remove",
  "application.user_membership.update",
  "group.application_assignment.add",
  "group.application_assignment.remove",
  "group.application_assignment.update",
  "group.lifecycle.create",
  "group.lifecycle.delete",
  "group.profile.update",
  "group.user_membership.add",
  "group.user_membership.remove",
  "user.account.lock",
  "user.account.unlock",
  "user.account.unlock_by_admin",
  "user.account.update_password",
  "user.account.update_profile",
  "user.authentication.sso",
  "user.lifecycle.activate",
  "user.lifecycle.create",
  "user.lifecycle.deactivate",
  "user.lifecycle.delete.initiated",
  "user.lifecycle.reactivate",
  "user.lifecycle.suspend",
  "user.lifecycle.unsuspend",
  "user.session.clear",
  "user.session.end",
  "user.session.start",
]);

const eventType = z
  .string()
  .refine((type) => eligibleEventTypes.has(type), "isn't an event type that is eligible for event hooks");

/** How a hook is seeded. Okta takes https alone. */
export const eventHookSeed = z.strictObject({
  id: z.string().optional(),
  name: z.string().min(1),
  description: z.string().nullable().default(null),
  uri: z.url({ protocol: /^https?$/ }),
  events: z.array(eventType).min(1),
  /** The header by which the receiver knows Okta. */
  authorization: z
    .strictObject({ header: z.string().default("Authorization"), secret: z.string() })
    .optional(),
  /** Further headers. */
  headers: z.record(z.string(), z.string()).default({}),
});

export type EventHookSeed = z.input<typeof eventHookSeed>;
/** What its owner decides about a hook. */
export type EventHookSettings = Omit<z.output<typeof eventHookSeed>, "id">;

export interface EventHook extends EventHookSettings {
  readonly id: string;
  readonly created: string;
  readonly createdBy: string;
  status: "ACTIVE" | "INACTIVE";
  verificationStatus: "UNVERIFIED" | "VERIFIED";
  lastUpdated: string;
}
