import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { Registry } from "prom-client";
import type { CallOptions, Client } from "../client/client.ts";
import { ConflictError, NotFoundError } from "../client/errors.ts";
import { type KubernetesObject, keyOf } from "../client/object.ts";
import type { ResourceType } from "../client/resource-type.ts";
import { RuntimeMetrics } from "../metrics.ts";
import { type Condition, type DesiredCondition, mergeConditions } from "./conditions.ts";

export interface StatusWriterOptions {
  client: Pick<Client, "apply" | "mergePatch">;
  /** Fields belong to it: what it wrote before and doesn't write again is removed. */
  fieldManager: string;
  log: Logger;
  metrics?: Registry;
  /** For tests. */
  now?: () => Date;
}

/** What a writer wants to say: its fields by name, and its conditions. */
export interface DesiredStatus {
  conditions?: readonly DesiredCondition[];
  [field: string]: unknown;
}

export interface StatusOptions extends CallOptions {
  /**
   * The generation that this is about, where it was found out earlier. Nothing is written where the status is about a later
   * one.
   */
  generation?: number | undefined;
  /** Throws ConflictError where anybody has written the object since it was read. */
  onlyIfUnchanged?: boolean;
}

/** What a field manager owns of a status: only this is compared and written. */
export interface OwnedStatus {
  fields?: readonly string[];
  conditionTypes?: readonly string[];
}

/**
 * Writes statuses by server-side apply, and only where they differ: several writers share a status, each with a field
 * manager of its own, and keep each other's fields and conditions.
 */
export class StatusWriter {
  readonly #options: StatusWriterOptions;
  readonly #metrics: RuntimeMetrics;

  constructor(options: StatusWriterOptions) {
    this.#options = options;
    this.#metrics = RuntimeMetrics.in(options.metrics ?? new Registry());
  }

  /**
   * Writes what this manager owns, if it isn't there yet.
   *
   * `observedGeneration` is set on every condition, and on the status itself when it is among the owned fields. A field
   * or condition that is owned and not in `status` is removed, also where somebody else has written it: server-side apply
   * leaves that, so that it takes a patch of its own.
   * @param object as last read. If another object has taken its name meanwhile, that one gets this status, until its own
   * reconcile puts it right: server-side apply of a status has no precondition but the resourceVersion, and with that
   * one (`onlyIfUnchanged`) writers of other fields are in each other's way
   * @returns the object as written, for {@link Cache.observe}; undefined when there was nothing to write, or the object
   * is gone
   */
  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    status: DesiredStatus,
    owned: OwnedStatus,
    { generation = object.metadata.generation, onlyIfUnchanged, ...options }: StatusOptions = {},
  ): Promise<T | undefined> {
    const { client, fieldManager, log, now = () => new Date() } = this.#options;
    const { name, namespace, resourceVersion } = object.metadata;
    const current = currentStatus(object);
    const desired = ownedPart(status, owned, current.conditions, generation, now());
    const isLate = (generation ?? 0) < (object.metadata.generation ?? 0);
    if (sameStatus(desired, current, owned) || (isLate && isOvertaken(desired, current))) {
      this.#count(type, "unchanged");
      return undefined;
    }
    const metadata = {
      name,
      ...(namespace && { namespace }),
      ...(onlyIfUnchanged && { resourceVersion }),
    };
    const body = { metadata, status: desired };
    try {
      const written = await client.apply(type, body, {
        fieldManager,
        force: true,
        subresource: "status",
        ...options,
      });
      this.#count(type, "written");
      const left = leftBy(written, desired, owned);
      if (!left) return written;
      return await this.#takeAway(type, written, left, options);
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      log.debug({ err: error, kind: type.kind, key: keyOf(object) }, "no status written: the object is gone");
      this.#count(type, "gone");
      return undefined;
    }
  }

  /** What is there beside what was written goes by a patch of its own, or with the next status where others wrote meanwhile. */
  async #takeAway<T extends KubernetesObject>(
    type: ResourceType<T>,
    written: T,
    left: object,
    options: CallOptions,
  ): Promise<T | undefined> {
    try {
      return await this.#options.client.mergePatch(type, keyOf(written), left, {
        subresource: "status",
        ...options,
      });
    } catch (error) {
      if (error instanceof ConflictError) return written;
      if (error instanceof NotFoundError) return undefined; // gone since, with what was left
      throw error;
    }
  }

  #count({ plural }: ResourceType, result: "written" | "unchanged" | "gone"): void {
    this.#metrics.statusWrites.inc({ resource: plural, result });
  }
}

type Status = { conditions: readonly Condition[] } & Record<string, unknown>;

function currentStatus(object: KubernetesObject): Status {
  const status = "status" in object && typeof object.status === "object" ? object.status : null;
  const conditions =
    status && "conditions" in status && Array.isArray(status.conditions) ? status.conditions : [];
  return { ...status, conditions };
}

function ownedPart(
  status: DesiredStatus,
  { fields = [], conditionTypes = [] }: OwnedStatus,
  current: readonly Condition[],
  generation: number | undefined,
  now: Date,
): Status {
  const foreign = status.conditions?.find(({ type }) => !conditionTypes.includes(type));
  if (foreign) throw new TypeError(`The condition ${foreign.type} isn't among the owned ones`);
  const part: Status = {
    conditions: mergeConditions(current, status.conditions ?? [], { generation, now }),
  };
  for (const field of fields) {
    if (field !== "conditions") part[field] = field === "observedGeneration" ? generation : status[field];
  }
  return part;
}

function sameStatus(
  desired: Status,
  current: Status,
  { fields = [], conditionTypes = [] }: OwnedStatus,
): boolean {
  const conditions = current.conditions.filter(({ type }) => conditionTypes.includes(type));
  return (
    fields.every((field) => field === "conditions" || same(desired[field], current[field])) &&
    conditions.length === desired.conditions.length &&
    desired.conditions.every((condition) =>
      same(
        condition,
        conditions.find(({ type }) => type === condition.type),
      ),
    )
  );
}

/** Whether there is already a word on a later generation. */
function isOvertaken(desired: Status, current: Status): boolean {
  return desired.conditions.some(({ type, observedGeneration = 0 }) =>
    current.conditions.some(
      (known) => known.type === type && (known.observedGeneration ?? 0) > observedGeneration,
    ),
  );
}

/**
 * A merge patch that takes away what is owned and not desired, for the object as it was written and no other; undefined
 * where there is none.
 */
function leftBy(
  written: KubernetesObject,
  desired: Status,
  { fields = [], conditionTypes = [] }: OwnedStatus,
): object | undefined {
  const current = currentStatus(written);
  const left = fields.filter((field) => field in current && desired[field] === undefined);
  const conditions = current.conditions.filter(
    ({ type }) => !conditionTypes.includes(type) || desired.conditions.some((wanted) => wanted.type === type),
  );
  const isLeft = conditions.length < current.conditions.length;
  if (left.length === 0 && !isLeft) return undefined;
  return {
    metadata: { resourceVersion: written.metadata.resourceVersion },
    status: {
      ...Object.fromEntries(left.map((field) => [field, null])),
      ...(isLeft ? { conditions } : {}),
    },
  };
}

/** Equal as JSON: a property that is undefined isn't there. */
function same(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(asJSON(a), asJSON(b));
}

function asJSON(value: unknown): unknown {
  return typeof value !== "object" ? value : JSON.parse(JSON.stringify(value));
}
