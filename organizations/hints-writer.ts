import { setTimeout as sleep } from "node:timers/promises";
import { oktaHints, organizations } from "../crds/resources.ts";
import type { OktaHints, OktaHintsSpec, Organization } from "../crds/types.ts";
import {
  AlreadyExistsError,
  type Client,
  ConflictError,
  ForbiddenError,
  KubernetesError,
  keyOf,
  NotFoundError,
  type OwnerReference,
} from "../kubernetes/index.ts";
import { type Done, type Heard, withHeard, withoutDone } from "./hints.ts";

/** Hints can't be stored in this cluster, until somebody does what the message says. */
export class HintsRefusedError extends KubernetesError {
  readonly code = "hints-refused";
}

/** The Kubernetes API doesn't answer in time, or others write the same object all the time. Try again. */
export class HintsTimeoutError extends KubernetesError {
  readonly code = "hints-timeout";
}

export interface HintsWriterOptions {
  readonly client: Pick<Client, "get" | "create" | "replace">;
  /** What this program has heard of the objects by itself, where it watches them. */
  readonly known?: (organization: string) => OktaHints | undefined;
  /** How long a write may take, others' writes in between included; ms. Whoever calls an event hook waits 3 s. */
  readonly timeoutMs?: number;
}

/** What comes so soon after a write is gathered for the next one; when much comes, for longer. */
const GATHER_MS = 50;
const GATHER_MUCH_MS = 200;
const MUCH = 20;

type Change = { readonly heard: Heard } | { readonly done: Done };

/** What waits to be written for one organization. */
interface Line {
  organization: Organization;
  waiting: { readonly change: Change; readonly written: PromiseWithResolvers<void> }[];
  /** The object as it was written a moment ago. */
  last: OktaHints | undefined;
  isRunning: boolean;
}

/**
 * Writes the hints of organizations: one object each, which the operator and every replica of the webhook write. What was
 * asked for is stored when its promise resolves. However much comes, the writes are few: what comes while one is under way
 * goes into the next. Organizations don't wait for each other.
 */
export class HintsWriter {
  readonly #client: HintsWriterOptions["client"];
  readonly #known: (organization: string) => OktaHints | undefined;
  readonly #timeoutMs: number;
  readonly #lines = new Map<string, Line>();

  constructor({ client, known = () => undefined, timeoutMs = 2_500 }: HintsWriterOptions) {
    this.#client = client;
    this.#known = known;
    this.#timeoutMs = timeoutMs;
  }

  /**
   * Notes what was heard.
   * @throws HintsRefusedError, HintsTimeoutError, and what writing throws. Some of it may then be stored all the same
   */
  heard(organization: Organization, heard: Heard): Promise<void> {
    const { loginPath } = organization.spec;
    return this.#write(organization, { heard: heard.eventHook ? { ...heard, loginPath } : heard });
  }

  /**
   * Takes out what is done.
   * @throws as `heard`
   */
  done(organization: Organization, done: Done): Promise<void> {
    return this.#write(organization, { done });
  }

  #write(organization: Organization, change: Change): Promise<void> {
    const key = keyOf(organization);
    const line = this.#lines.get(key) ?? { organization, waiting: [], last: undefined, isRunning: false };
    this.#lines.set(key, line);
    line.organization = organization;
    const written = Promise.withResolvers<void>();
    line.waiting.push({ change, written });
    if (!line.isRunning) void this.#run(key, line);
    return written.promise;
  }

  async #run(key: string, line: Line): Promise<void> {
    line.isRunning = true;
    for (let writes = 0; line.waiting.length > 0; writes++) {
      const batch = line.waiting.splice(0);
      try {
        await this.#store(
          line,
          batch.map(({ change }) => change),
        );
        for (const { written } of batch) written.resolve();
      } catch (error) {
        line.last = undefined;
        for (const { written } of batch) written.reject(error);
      }
      await sleep(writes < MUCH ? GATHER_MS : GATHER_MUCH_MS);
    }
    this.#lines.delete(key);
  }

  async #store(line: Line, changes: readonly Change[]): Promise<void> {
    const { organization } = line;
    const signal = AbortSignal.timeout(this.#timeoutMs);
    for (let attempt = 0; !signal.aborted; attempt++) {
      // What is known without asking may be old: a write tells whether it is.
      const known = attempt === 0 ? (line.last ?? this.#known(keyOf(organization))) : undefined;
      const base = known ?? (await this.#get(organization, signal));
      const before = base && isOf(base, organization) ? base.spec : {};
      const spec = changed(before, changes);
      if (spec === before) {
        if (!known) return;
        // Others may have written it since, and what they wrote may be what this changes.
        line.last = undefined;
        continue;
      }
      try {
        const object = base
          ? await this.#client.replace(
              oktaHints,
              { ...base, metadata: ownedBy(base.metadata, organization), spec },
              { signal },
            )
          : await this.#create(organization, spec, signal);
        line.last = object;
        return;
      } catch (error) {
        if (!isOvertaken(error, base)) throw this.#understood(error, organization);
        line.last = undefined;
        await sleep(Math.random() * Math.min(50, 5 * 2 ** attempt));
      }
    }
    throw this.#timedOut(organization, signal.reason);
  }

  async #get(organization: Organization, signal: AbortSignal): Promise<OktaHints | undefined> {
    try {
      return await this.#client.get(oktaHints, keyOf(organization), { signal });
    } catch (error) {
      if (error instanceof NotFoundError) return undefined;
      throw this.#understood(error, organization);
    }
  }

  async #create(organization: Organization, spec: OktaHintsSpec, signal: AbortSignal): Promise<OktaHints> {
    const { namespace = "", name } = organization.metadata;
    const metadata = ownedBy(
      { namespace, name, labels: { "app.kubernetes.io/managed-by": "okta-role-operator" } },
      organization,
    );
    return this.#client.create(
      oktaHints,
      { apiVersion: "rolemapping.dev/v1alpha1", kind: "OktaHints", metadata, spec },
      { signal },
    );
  }

  #understood(error: unknown, organization: Organization): unknown {
    const { name, namespace } = organization.metadata;
    if (error instanceof NotFoundError && !error.message.includes("namespaces "))
      return new HintsRefusedError(
        "The kind OktaHints isn't known to this cluster: apply the CustomResourceDefinitions of this version.",
        { cause: error },
      );
    if (error instanceof ForbiddenError)
      return new HintsRefusedError(
        `The OktaHints ${name} may not be read or written in the namespace ${namespace}: apply the roles of this version (${error.message}).`,
        { cause: error },
      );
    return error instanceof KubernetesError ? error : this.#timedOut(organization, error);
  }

  #timedOut({ metadata }: Organization, cause: unknown): HintsTimeoutError {
    return new HintsTimeoutError(
      `The OktaHints ${metadata.name} could not be written within ${this.#timeoutMs / 1000} s; try again.`,
      { cause },
    );
  }
}

/** Whether hints are this very organization's, and not those of one of the same name that is gone. */
function isOf({ metadata }: OktaHints, organization: Organization): boolean {
  return metadata.ownerReferences?.some(({ uid }) => uid === organization.metadata.uid) === true;
}

function ownedBy<T extends object>(metadata: T, { metadata: { name, uid = "" } }: Organization) {
  const owner: OwnerReference = {
    apiVersion: organizations.apiVersion,
    kind: organizations.kind,
    name,
    uid,
  };
  return { ...metadata, ownerReferences: [owner] };
}

/** Somebody else has written, made or deleted it meanwhile. */
function isOvertaken(error: unknown, base: OktaHints | undefined): boolean {
  if (error instanceof NotFoundError) return base !== undefined;
  return error instanceof ConflictError || error instanceof AlreadyExistsError;
}

/** All changes at once. What is done was so before anything else was heard. */
function changed(spec: OktaHintsSpec, changes: readonly Change[]): OktaHintsSpec {
  const now = Date.now();
  const left = changes.reduce(
    (rest, change) => ("done" in change ? withoutDone(rest, change.done) : rest),
    spec,
  );
  const heard = changes.flatMap((change) => ("heard" in change ? change.heard : []));
  const logCursor = heard.findLast((each) => each.logCursor !== undefined)?.logCursor;
  const hints = heard.flatMap((each) => each.hints ?? []);
  const everything = heard.some((each) => each.everything) ? { everything: true as const } : {};
  const read = logCursor === undefined ? {} : { logCursor };
  const noted = withHeard(left, { hints, ...everything, ...read }, now);
  const calls = heard.filter(({ eventHook }) => eventHook !== undefined);
  return calls.reduce(
    (rest, { hints: _, everything: __, logCursor: ___, ...call }) => withHeard(rest, call, now),
    noted,
  );
}
