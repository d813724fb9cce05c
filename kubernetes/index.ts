/** A small controller runtime on @kubernetes/client-node. README.md has the tour. */

export { createClient } from "./api-client.ts";
export type { BackoffOptions } from "./backoff.ts";
export * from "./builtin-types.ts";
export { Cache, type CacheOptions } from "./cache.ts";
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
} from "./client.ts";
export * from "./conditions.ts";
export {
  again,
  Controller,
  type ControllerOptions,
  done,
  type Outcome,
  type ReconcileContext,
} from "./controller.ts";
export * from "./errors.ts";
export { letOthersRun } from "./event-loop.ts";
export { EventRecorder, type EventRecorderOptions, type EventToRecord } from "./event-recorder.ts";
export * from "./flags.ts";
export { type Check, HealthServer, type HealthServerOptions } from "./health-server.ts";
export { LeaderElection, type LeaderElectionOptions } from "./leader-election.ts";
export { type LifecycleOptions, runUntilSignal } from "./lifecycle.ts";
export { microTime } from "./micro-time.ts";
export {
  compareResourceVersions,
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  type ObjectMeta,
  type ObjectName,
  type OwnerReference,
  splitKey,
} from "./object.ts";
export type { Change, IndexFunction } from "./object-store.ts";
export { type ProgramContext, type ProgramDefinition, runProgram } from "./program.ts";
export { type ResourceType, resourceType } from "./resource-type.ts";
export {
  fingerprint,
  SecretForbiddenError,
  type SecretKeyRef,
  SecretNotFoundError,
  SecretUnreadableError,
  SecretValues,
} from "./secret-values.ts";
export { Shared, SharedStrings } from "./shared.ts";
export {
  type DesiredStatus,
  type OwnedStatus,
  StatusWriter,
  type StatusWriterOptions,
} from "./status-writer.ts";
export type { WatchEvent } from "./watch-stream.ts";
export { WorkQueue, type WorkQueueOptions } from "./work-queue.ts";
