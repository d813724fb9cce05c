import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import { GroupLookup } from "../../../operator/mappings/group-lookup.ts";
import { KnownGroups } from "../../../operator/mappings/known-groups.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";

/** @param told of the directory, that it can be read */
export function organization({ generation = 1, directory = true, told = true } = {}): Organization {
  const reachable = {
    type: "DirectoryReachable",
    status: "True",
    reason: "Reachable",
    observedGeneration: 1,
  };
  return {
    metadata: { name: "acme", namespace: "access", uid: "o", generation },
    spec: { okta: directory ? { directory: { url: "https://acme.okta.com" } } : {} },
    status: { conditions: told ? [reachable] : [] },
  } as unknown as Organization;
}

/** @param groups names, or entries as they are written */
export function mapping(
  name: string,
  groups: readonly (string | { name?: string; id?: string })[],
  {
    generation = 1,
    told = false,
    status = "True",
    found,
  }: {
    generation?: number;
    told?: boolean;
    status?: "True" | "Unknown";
    found?: readonly { id: string; name: string; formerNames?: readonly string[]; shown?: boolean }[];
  } = {},
): OktaRoleMapping {
  const resolved = {
    ...{ type: "GroupsResolved", status, reason: "Found", message: "All." },
    observedGeneration: 1,
  };
  return {
    metadata: { name, namespace: "access", uid: name, generation },
    spec: {
      organizationRef: { name: "acme" },
      groups: groups.map((group) => (typeof group === "string" ? { name: group } : group)),
      roles: ["x"],
    },
    status: { conditions: told ? [resolved] : [], ...(found ? { groups: found } : {}) },
  } as unknown as OktaRoleMapping;
}

interface Group {
  readonly id: string;
  readonly name: string;
  readonly members: number;
}

/** An Okta that says what it was asked, and may be told to fail, and a look-up of groups there. */
export function askedDirectory() {
  const state = {
    now: 0,
    asked: [] as string[],
    fail: undefined as ((what: string) => unknown) | undefined,
    /** The groups of a name, and those that are almost named so. */
    named: (name: string): { exact: Group[]; near: Group[] } => ({
      exact: [{ id: `id-${name}`, name, members: 3 }],
      near: [],
    }),
    /** An answer that is waited for. */
    hang: undefined as Promise<void> | undefined,
    hasDirectory: true,
    /** Of which Okta's log says that they were deleted. */
    deleted: new Set<string>(),
    isFollowed: false,
    mappings: 1,
    answered: [] as string[],
    stop: new AbortController(),
  };
  const ask = (what: string): void => {
    const error = state.fail?.(what);
    if (error) throw error;
    state.asked.push(what);
  };
  const directory = {
    groupsByName: async (name: string) => {
      ask(name);
      await state.hang;
      return state.named(name);
    },
    groupByID: async (id: string) => {
      ask(id);
      return state.named(id).exact[0];
    },
    groupWasDeleted: async (id: string) => state.deleted.has(id),
  };
  const waiting = new Map<string, () => void>();
  let signedIn = (_: { kind: string; user: unknown }): void => {};
  const known = new KnownGroups({
    subscribe: (listener) => {
      signedIn = listener as typeof signedIn;
      return () => {};
    },
  });
  const lookup = new GroupLookup({
    directories: {
      of: async () => (state.hasDirectory ? directory : undefined),
    } as unknown as DirectoryClients,
    known,
    isFollowed: () => state.isFollowed,
    mappingsOf: () => state.mappings,
    answered: (key) => {
      state.answered.push(key);
      waiting.get(key)?.();
    },
    signal: state.stop.signal,
    now: () => state.now,
  });
  /** What is known when Okta has answered, or at once where it isn't asked. */
  const look = async (of: OktaRoleMapping, in_ = organization()) => {
    const answered = new Promise<void>((resolve) => waiting.set(`access/${of.metadata.name}`, resolve));
    const at = lookup.lookUp(of, in_);
    if (at.againMs !== undefined) return at;
    await answered;
    return lookup.lookUp(of, in_);
  };
  /** Somebody comes with these groups. */
  const comes = (...groups: string[]): void =>
    signedIn({
      kind: "added",
      user: { organization: "access/acme", groups: groups.map((name) => ({ name })) },
    });
  return { state, look, lookup, comes };
}
