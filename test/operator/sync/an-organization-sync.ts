import type { ExecutionContext } from "ava";
import type { Logger } from "pino";
import { SYNC_ANNOTATION } from "../../../crds/annotations.ts";
import type { OktaHints, OktaHintsSpec, OktaRoleMapping, Organization } from "../../../crds/types.ts";
import { type CompiledPolicy, identityOf, resolveAccess, type User } from "../../../identity/index.ts";
import type { Hint } from "../../../okta/events/hint.ts";
import type { Room } from "../../../okta/room.ts";
import { OrganizationSync } from "../../../operator/sync/organization-sync.ts";
import { withHeard, withoutDone } from "../../../organizations/hints.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { organization } from "../../organizations/organization.ts";
import { ADirectory } from "./a-directory.ts";
import { aMapping, type LookedUp } from "./a-mapping.ts";
import { policy, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

const ISSUER = "https://acme.okta.com";
export const [WEB, PORTAL] = ["00g-web", "00g-portal"];
const FOUND = [
  { id: WEB, name: "web" },
  { id: PORTAL, name: "portal" },
];

export interface SyncOptions {
  readonly directory?: object | undefined;
  readonly status?: Organization["status"];
  readonly isAnew?: boolean;
  readonly mappings?: OktaRoleMapping[];
  /** What was heard before. */
  readonly hints?: OktaHintsSpec;
  readonly room?: Room;
}

/** A mapping of both groups, of which this is known. */
export function webAndPortal(lookedUp: LookedUp = { resolved: "True" }): OktaRoleMapping {
  return aMapping([{ name: "web" }, { name: "portal" }], { found: FOUND, ...lookedUp });
}

/**
 * An organization whose directory is followed, on a fake clock, by what is decided alone: Okta's answers are plain values,
 * and so is what is stored. Who is in `web` holds service-admin, who is in `portal` portal-admin.
 */
export function anOrganizationSync(t: ExecutionContext, options: SyncOptions = {}) {
  const store = new SimulatedStore();
  const directory = new ADirectory();
  directory.add("00uother", [WEB, PORTAL]);
  const acme = organization("acme/acme", "acme");
  const spec = { url: ISSUER, pollInterval: "30s", fullSyncInterval: "6h", ...options.directory };
  const state = {
    organization: {
      ...acme,
      spec: { ...acme.spec, okta: { ...acme.spec.okta, directory: spec } },
      ...(options.status === undefined ? {} : { status: options.status }),
    } as unknown as Organization | undefined,
    mappings: options.mappings ?? [webAndPortal()],
    hints: options.hints ?? {},
    isReady: true,
    isConnected: true,
    isPaused: false,
    policy: policy as Pick<CompiledPolicy, "namesOutOfForce">,
    /** Where what is done can't be written. */
    error: undefined as Error | undefined,
  };
  const told = {
    /** How often it was looked whether something is due. */
    rounds: 0,
    changed: 0,
    delays: [] as number[],
    failures: [] as string[],
    heard: [] as string[],
    lookedUp: [] as string[],
    logged: [] as string[],
    directories: [] as string[],
  };
  const log = (line: object, message: string): void =>
    void told.logged.push(`${JSON.stringify(line)} ${message}`);
  const end = new AbortController();
  const reading = readingDeps(store, ISSUER);
  const sync = new OrganizationSync(
    {
      ...reading,
      policies: {
        of: () => ({ issuer: ISSUER, policy: state.policy, held: false, paused: state.isPaused }) as never,
      },
      decide: (ref) => void setImmediate(() => decide(ref)),
      organization: () => state.organization,
      isAnew: options.isAnew ?? false,
      mappings: () => state.mappings,
      hints: {
        of: () => ({ spec: state.hints }) as OktaHints,
        heard: async (_organization, heard) => {
          state.hints = withHeard(state.hints, heard, Date.now());
        },
        done: async (_organization, done) => {
          if (state.error) throw state.error;
          state.hints = withoutDone(state.hints, done);
        },
      },
      concerned: async (_organization, hints) => hints,
      directory: async (lane, { fresh }) => {
        told.directories.push(fresh ? `${lane} fresh` : lane);
        return state.isConnected ? (directory as never) : undefined;
      },
      isReady: () => {
        told.rounds++;
        return state.isReady;
      },
      lookUpGroups: (ids) => void told.lookedUp.push(...ids),
      changed: () => {
        told.changed++;
      },
      onDelay: (ms) => void told.delays.push(ms),
      onFailure: (part, reason) => void told.failures.push(`${part} ${reason}`),
      onHeard: (source, count) => void told.heard.push(`${count} of ${source}`),
      log: { info: log, warn: log } as unknown as Logger,
      ...(options.room && { room: options.room }),
    },
    end.signal,
  );
  store.subscribe((event) => sync.told(event));
  const decide = async (ref: string): Promise<void> => {
    const user = await store.fresh(ref);
    const identity = user && identityOf(user);
    if (user && identity) await store.update(user, { access: resolveAccess(identity, policy) });
  };
  const running = sync.run();
  t.teardown(() => end.abort());
  return {
    /** Edits the directory's settings. */
    set: (changes: object): void => {
      const { organization: now } = state;
      if (!now) return;
      const { okta } = now.spec;
      const edited = { ...okta, directory: { ...okta.directory, ...changes } } as typeof okta;
      state.organization = { ...now, spec: { ...now.spec, okta: edited } };
      sync.wake();
    },
    ...{ store, directory, state, told, sync, end, running },
    /** Somebody who has signed in with groups, and is in these by now. */
    account: (id: string, before: string[], now: string[]): Promise<User> => {
      directory.add(id, now);
      return signedInWith(store, { issuer: ISSUER, subject: id }, before);
    },
    holds: async ({ ref }: User): Promise<string> => rolesHeld(await store.fresh(ref), ISSUER),
    /** Notes what was heard, as the webhook does. */
    hear: (...hints: Hint[]): void => {
      state.hints = withHeard(state.hints, { hints }, Date.now());
      sync.wake();
    },
    /** Has everything read now, as people do with kubectl. */
    request: (words: string): void => {
      if (!state.organization) return;
      const { metadata } = state.organization;
      state.organization = {
        ...state.organization,
        metadata: { ...metadata, annotations: { [SYNC_ANNOTATION]: words } },
      };
      sync.wake();
    },
    /** What Okta was asked since this was called last, without its log. */
    asked: (): string[] => directory.asked.splice(0).filter((call) => !call.startsWith("events")),
  };
}

/** Everything was read a minute ago: nothing is due but what is heard. */
export function quiet(): SyncOptions {
  const lastFullSyncTime = new Date(Date.now() - 60_000).toISOString();
  return { status: { directory: { lastFullSyncTime } } as never };
}

/** Something that has just happened to somebody. */
export function person(id: string, more: object = {}): Hint {
  return { kind: "person", id, eventTime: new Date().toISOString(), ...more };
}
