/** A stand-in for Okta, for development and tests: see stand-in.ts for starting one, sign-in.ts for signing in. */
export type { Call, CallFilter, Calls } from "./calls.ts";
export { CookieJar } from "./cookie-jar.ts";
export type { Directory } from "./directory/directory.ts";
export { type Group, type User, type UserStatus, userStatuses } from "./directory/entities.ts";
export type { LogEvent } from "./directory/log-event.ts";
export { OktaError } from "./directory/okta-error.ts";
export { changeStatus, setStatus } from "./directory/user-lifecycle.ts";
export type { Delivery } from "./event-hooks/deliveries.ts";
export type { Misdelivery } from "./event-hooks/delivery-faults.ts";
export type { EventHook, EventHookSeed } from "./event-hooks/event-hook.ts";
export type { EventHooks } from "./event-hooks/event-hooks.ts";
export type { Endpoint, Misbehaving, Misbehaviour } from "./faults.ts";
export { managementFaults } from "./management-faults.ts";
export type { AlteredIdToken, AlterIdToken } from "./oauth/altered-id-token.ts";
export type { SigningKey } from "./oauth/keys.ts";
export {
  type AppSeed,
  type GroupSeed,
  type OrganizationSeed,
  readSeed,
  type UserSeed,
} from "./seed.ts";
export { SignInError, type SignInOptions, type SignInResult, signIn } from "./sign-in.ts";
export { type OktaOptions, type OktaStandIn, startOkta } from "./stand-in.ts";
