import {
  type Cause,
  MANY_SIGN_OUTS,
  requestCause,
  SEEN_IN_DIRECTORY,
  signInCause,
  storedCause,
} from "./causes.ts";
import type { NewUser, UserChange } from "./store.ts";
import type { User } from "./user.ts";

/** Why a change is made: as its writer says, or else as can be told from it. @param user as it was */
export function changeCause(user: User, { cause, access, endSessions }: UserChange): Cause {
  if (cause) return cause;
  if (access) return storedCause(user, access);
  return endSessions === undefined ? MANY_SIGN_OUTS : requestCause(endSessions);
}

/** Why an account is made. */
export function creationCause({ identity, signedInAt }: NewUser): Cause {
  return signedInAt === undefined ? SEEN_IN_DIRECTORY : signInCause(identity.groupsFrom);
}
