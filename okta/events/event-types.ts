/**
 * The types of events after which somebody's access may be another (Okta, "Event types"). An event hook subscribes to
 * those of them that hooks can have: all but the last.
 */
export const EVENT_TYPES = [
  "group.user_membership.add",
  "group.user_membership.remove",
  "group.lifecycle.create",
  "group.lifecycle.delete",
  "group.profile.update",
  "user.lifecycle.activate",
  "user.lifecycle.deactivate",
  "user.lifecycle.suspend",
  "user.lifecycle.unsuspend",
  "user.lifecycle.reactivate",
  "user.lifecycle.delete.initiated",
  "user.account.update_profile",
  "application.user_membership.add",
  "application.user_membership.remove",
  "application.user_membership.update",
  "user.lifecycle.delete.completed",
] as const;

export type EventType = (typeof EVENT_TYPES)[number];
