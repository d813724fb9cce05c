/**
 * A small controller runtime. README.md has the tour. Here is what programs use, the errors that they may meet, and the
 * types that stand in the signatures of both.
 */

export { type BackoffOptions, backoff } from "./backoff.ts";
export { Cache, type CacheOptions } from "./cache/cache.ts";
export type { Change, IndexFunction } from "./cache/object-store.ts";
export { Shared, SharedStrings } from "./cache/shared.ts";
/** @public */
export { createClient } from "./client/api-client.ts";
export {
  type ConfigMap,
  configMaps,
  type ObjectReference,
  type Secret,
  type SubjectAccessReview,
  secrets,
  subjectAccessReviews,
  type TokenReview,
  tokenReviews,
} from "./client/builtin-types.ts";
export type {
  ApplyOptions,
  CallOptions,
  Client,
  ClientOptions,
  CreateOptions,
  DeleteOptions,
  Draft,
  Intent,
  ListOptions,
  Page,
  WatchConnection,
  WatchOptions,
  WriteOptions,
} from "./client/client.ts";
/** @public All that calls throw, whether or not somebody here tells it apart. */
export {
  AlreadyExistsError,
  ApiError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  GoneError,
  InvalidError,
  isNotLeader,
  KubeConfigError,
  KubernetesError,
  mayBeDone,
  NotFoundError,
  NotLeaderError,
  UnauthorizedError,
} from "./client/errors.ts";
export {
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  type ObjectMeta,
  type ObjectName,
  type OwnerReference,
  splitKey,
} from "./client/object.ts";
export { type ResourceType, resourceType } from "./client/resource-type.ts";
export { rfc3339 } from "./client/times.ts";
export type { WatchEvent } from "./client/watch-stream.ts";
export { Coalescer, type CoalescerOptions } from "./controller/coalescer.ts";
export type { EventToRecord } from "./controller/compose-event.ts";
export {
  type Condition,
  conditionFalse,
  conditionTrue,
  conditionUnknown,
  type DesiredCondition,
} from "./controller/conditions.ts";
export {
  again,
  Controller,
  type ControllerOptions,
  done,
  type Outcome,
  type ReconcileContext,
} from "./controller/controller.ts";
export { EventRecorder, type EventRecorderOptions } from "./controller/event-recorder.ts";
export { LeaderElection, type LeaderElectionOptions } from "./controller/leader-election.ts";
export {
  type DesiredStatus,
  type OwnedStatus,
  type StatusOptions,
  StatusWriter,
  type StatusWriterOptions,
} from "./controller/status-writer.ts";
export type { FirstKeys, KeysOf, Source } from "./controller/wiring.ts";
export { letOthersRun } from "./event-loop.ts";
export { FairMemory } from "./fair-memory.ts";
export { type ChangingFilesOptions, followFiles } from "./program/changing-files.ts";
export {
  type Flag,
  type FlagValues,
  isPort,
  isPositive,
  type ProgramDescription,
  programFlags,
} from "./program/flags.ts";
export { type Check, HealthServer, type HealthServerOptions } from "./program/health-server.ts";
/** @public */
export { type LifecycleOptions, runUntilSignal } from "./program/lifecycle.ts";
export { type ProgramContext, type ProgramDefinition, runProgram } from "./program/program.ts";
export { Shares } from "./shares.ts";
