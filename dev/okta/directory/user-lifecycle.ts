import { toTheSecond } from "./clock.ts";
import type { Directory } from "./directory.ts";
import { isAdmitted, type User, type UserStatus } from "./entities.ts";
import type { LogParty } from "./log-event.ts";
import { errors } from "./okta-error.ts";
import { userParty } from "./parties.ts";

export const lifecycleOperations = [
  "activate",
  "deactivate",
  "suspend",
  "unsuspend",
  "reactivate",
  "unlock",
] as const;
export type LifecycleOperation = (typeof lifecycleOperations)[number];

interface Transition {
  from: readonly UserStatus[];
  eventType: string;
  message: string;
}

/** From which statuses each operation may be used (Okta: the operations of User Lifecycle). */
const transitions: Record<LifecycleOperation, Transition> = {
  activate: {
    from: ["STAGED", "DEPROVISIONED"],
    eventType: "user.lifecycle.activate",
    message: "Activate Okta user",
  },
  deactivate: {
    from: ["STAGED", "PROVISIONED", "ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "SUSPENDED"],
    eventType: "user.lifecycle.deactivate",
    message: "Deactivate Okta user",
  },
  suspend: { from: ["ACTIVE"], eventType: "user.lifecycle.suspend", message: "Suspend Okta user" },
  unsuspend: { from: ["SUSPENDED"], eventType: "user.lifecycle.unsuspend", message: "Unsuspend Okta user" },
  reactivate: {
    from: ["PROVISIONED", "RECOVERY"],
    eventType: "user.lifecycle.reactivate",
    message: "Reactivate Okta user",
  },
  unlock: {
    from: ["LOCKED_OUT"],
    eventType: "user.account.unlock_by_admin",
    message: "Unlock user account",
  },
};

/**
 * Moves a person to another status as the lifecycle operation does.
 * @throws OktaError when the operation isn't for people of this status
 */
export function changeStatus(
  directory: Directory,
  user: User,
  operation: LifecycleOperation,
  actor: LogParty,
): void {
  const { from, eventType, message } = transitions[operation];
  if (!from.includes(user.status)) throw refusal(operation, user.status);
  setStatus(directory, user, statusAfter(operation, user));
  directory.record(eventType, message, actor, userParty(user));
}

/** Sets a status as such, with the ending of sessions that goes with it, whatever the status was before. */
export function setStatus(directory: Directory, user: User, status: UserStatus): void {
  const time = toTheSecond(directory.now());
  const activated =
    status === "ACTIVE" || status === "PROVISIONED" ? (user.activated ?? time) : user.activated;
  directory.saveUser({ ...user, status, activated, statusChanged: time, lastUpdated: time });
  if (!isAdmitted(status)) directory.onSessionsEnd(user.id);
}

/** Somebody without a password stays PROVISIONED until they follow the link in the e-mail and choose one. */
function statusAfter(operation: LifecycleOperation, user: User): UserStatus {
  switch (operation) {
    case "activate":
    case "reactivate":
      return user.password === undefined ? "PROVISIONED" : "ACTIVE";
    case "deactivate":
      return "DEPROVISIONED";
    case "suspend":
      return "SUSPENDED";
    case "unsuspend":
    case "unlock":
      return "ACTIVE";
  }
}

function refusal(operation: LifecycleOperation, status: UserStatus): Error {
  switch (operation) {
    case "activate":
      return status === "ACTIVE" ? errors.alreadyActive() : errors.wrongStatus();
    case "suspend":
    case "unsuspend":
      return errors.validation(operation, `Cannot ${operation} a user of the status ${status}`);
    case "deactivate":
    case "reactivate":
    case "unlock":
      return errors.wrongStatus();
  }
}
