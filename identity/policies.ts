import { CompiledPolicy, type Mapping, type PolicyInForce } from "./policy.ts";
import type { PolicySource, SourceChange } from "./policy-source.ts";

/** A policy has changed: people whom it touches may now hold something else. */
export interface PolicyChange {
  /** "namespace/name" */
  readonly organization: string;
  /**
   * `all`: the organization has come or gone, has another issuer, or was paused or goes on: through mappings that are gone
   * by then, people may still hold something.
   */
  readonly touched: Touched | "all";
}

/** People who may get something are found by their groups, people who may lose something by what they hold. */
export interface Touched {
  /** The names and ids of groups that the mappings name or named. */
  readonly groups: Set<string>;
  /**
   * The names of the mappings. Groups alone don't find everybody: while a mapping is suspended, people keep what
   * they hold through it by groups that it has meanwhile ceased to name.
   */
  readonly mappings: Set<string>;
}

/**
 * The policy of every organization, kept current change by change. Make it before the source has anything to tell,
 * and before anybody else hears of it, so that whoever hears of a change finds the policy done.
 */
export class Policies {
  readonly #source: PolicySource;
  readonly #policies = new Map<string, CompiledPolicy>();
  readonly #listeners = new Set<(change: PolicyChange) => void>();

  constructor(source: PolicySource) {
    this.#source = source;
    source.subscribe((change) => {
      if (change.kind === "organization") this.#organizationChanged(change);
      else this.#mappingChanged(change);
    });
  }

  /** Undefined when there is no such organization. */
  of(organization: string): (PolicyInForce & { readonly policy: CompiledPolicy }) | undefined {
    const terms = this.#source.organization(organization);
    if (!terms) return undefined;
    const { issuer, held, paused } = terms;
    return { issuer, policy: this.#policy(organization), held, paused };
  }

  subscribe(listener: (change: PolicyChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #policy(organization: string): CompiledPolicy {
    const known = this.#policies.get(organization);
    if (known) return known;
    const made = new CompiledPolicy();
    this.#policies.set(organization, made);
    return made;
  }

  #organizationChanged(change: Extract<SourceChange, { kind: "organization" }>): void {
    const { organization, before, after } = change;
    const policy = this.#policy(organization);
    policy.setRoles(after?.roles ?? []);
    this.#dropIfUnused(organization);
    const isOfMappings = before && after && before.issuer === after.issuer && before.paused === after.paused;
    const touched = isOfMappings ? touchedBy(policy.mappings.values()) : "all";
    this.#tell({ organization, touched });
  }

  #mappingChanged({ before, after }: Extract<SourceChange, { kind: "mapping" }>): void {
    const touched = new Map<string, Mapping[]>();
    const touch = (organization: string, mapping: Mapping): void => {
      touched.set(organization, [...(touched.get(organization) ?? []), mapping]);
    };
    if (before) {
      this.#policy(before.organization).removeMapping(before.mapping.name);
      this.#dropIfUnused(before.organization);
      touch(before.organization, before.mapping);
    }
    if (after) {
      this.#policy(after.organization).setMapping(after.mapping);
      touch(after.organization, after.mapping);
    }
    for (const [organization, mappings] of touched)
      this.#tell({ organization, touched: touchedBy(mappings) });
  }

  /** Organizations come and go: what is left of one that is gone and has no mappings isn't kept. */
  #dropIfUnused(organization: string): void {
    if (this.#source.organization(organization)) return;
    if (this.#policies.get(organization)?.mappings.size === 0) this.#policies.delete(organization);
  }

  #tell(change: PolicyChange): void {
    for (const listener of this.#listeners) listener(change);
  }
}

/** Whom these mappings concern. */
export function touchedBy(mappings: Iterable<Mapping>): Touched {
  const touched = { groups: new Set<string>(), mappings: new Set<string>() };
  for (const mapping of mappings) {
    touched.mappings.add(mapping.name);
    for (const { name, id, currentName } of mapping.groups) {
      for (const label of [name, id, currentName]) if (label !== undefined) touched.groups.add(label);
    }
  }
  return touched;
}
