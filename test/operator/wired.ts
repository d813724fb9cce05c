import type { OktaRoleMapping, Organization } from "../../crds/types.ts";
import type { PolicyChange, User, UserEvent } from "../../identity/index.ts";
import type { Change, ConfigMap } from "../../kubernetes/index.ts";
import { type Controllers, type WiringDeps, wire } from "../../operator/wiring.ts";
import { policy } from "../identity/an-account.ts";
import { organization } from "../organizations/organization.ts";

export const KEY = "acme/acme";
export const acme = organization(KEY, "acme");
export const mapping = {
  metadata: { namespace: "acme", name: "services" },
  spec: { organizationRef: { name: "acme" } },
};

/** Tells of changes. */
function source<C>() {
  const listeners: ((change: C) => void)[] = [];
  const tell = (change: C): void => {
    for (const listener of listeners) listener(change);
  };
  return { tell, subscribe: (listener: (change: C) => void) => void listeners.push(listener) };
}

/** What a controller is told to look at: now, or so much later. */
class Told {
  added: string[] = [];
  first: (signal: AbortSignal) => Iterable<string> | AsyncIterable<string> = () => [];
  readonly queue = { add: (key: string) => void this.added.push(key) };

  follow(of: ReturnType<typeof source<{ key: string }>>): this {
    return this.enqueueOn(of, ({ key }) => [key]);
  }

  enqueueOn<C>(
    of: ReturnType<typeof source<C>>,
    keys: (change: C) => Iterable<string>,
    { afterMs = 0 } = {},
  ): this {
    of.subscribe((change) => {
      for (const key of keys(change)) this.added.push(afterMs === 0 ? key : `${key} in ${afterMs}`);
    });
    return this;
  }

  enqueueFirst(keys: Told["first"]): this {
    this.first = keys;
    return this;
  }
}

export const NAMES = [
  "keepers",
  "organizations",
  "mappings",
  "users",
  "watermarks",
  "sessionEnds",
  "policies",
] as const;

/** Controllers that are wired, and what they tell of. */
export function wired({ users = [] as User[], near = [] as string[], noPolicy = [] as string[] } = {}) {
  const took: string[] = [];
  const note =
    (what: string) =>
    (of: unknown): void =>
      void took.push(
        `${what} ${typeof of === "string" ? of : ((of as { ref?: string }).ref ?? JSON.stringify(of, sets))}`,
      );
  const sources = {
    organizations: source<Change<Organization>>(),
    mappings: source<Change<OktaRoleMapping>>(),
    reservations: source<Change<ConfigMap>>(),
    hints: source<{ key: string }>(),
    store: source<UserEvent>(),
    policies: source<PolicyChange>(),
    known: source<{ organization: string; folded: string }>(),
  };
  const deps = {
    organizations: {
      ...sources.organizations,
      list: () => [acme, organization("other/acme", "other")],
      by: (_: string, path: string) => (path === "acme" || path === "both" ? [acme] : []),
    },
    mappings: {
      ...sources.mappings,
      by: (index: string, value: string) =>
        (index === "organization" ? value === KEY : value === `${KEY}|staff`) ? [mapping] : [],
    },
    reservations: sources.reservations,
    hints: sources.hints,
    store: {
      ...sources.store,
      async *all() {
        yield* users;
      },
    },
    policies: {
      ...sources.policies,
      of: (key: string) => (noPolicy.includes(key) ? undefined : { issuer: "", policy, held: false }),
    },
    pending: {
      policyChanged: note("changed"),
      forget: note("forget"),
      look: note("look"),
      of: () => ({ refs: () => ["acme/held"] }),
    },
    known: { ...sources.known, almost: () => near },
    unfinished: { forget: note("forget sign-in") },
    cacheLag: { heard: note("heard") },
    sync: { follow: note("follow") },
  } as unknown as WiringDeps;
  const told = Object.fromEntries(NAMES.map((name) => [name, new Told()])) as Record<
    (typeof NAMES)[number],
    Told
  >;
  wire(told as unknown as Controllers, deps);
  /** What has been enqueued since the last time, by controller. */
  const enqueued = (): Record<string, string[]> => {
    const all = NAMES.flatMap((name) => {
      const added = told[name].added.splice(0);
      return added.length === 0 ? [] : [[name, added] as const];
    });
    return Object.fromEntries(all);
  };
  return { ...sources, told, took, enqueued };
}

function sets(_: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}
