import type { Mapping, Role } from "./policy.ts";

/** What an organization says that its policy depends on. */
export interface OrganizationTerms {
  /** Whose word counts. People whom another issuer has named are other people. */
  readonly issuer: string;
  /** The catalogue. */
  readonly roles: readonly Role[];
  /** A change of the policy that would deactivate too many users waits for approval: see `safeguards/`. */
  readonly held: boolean;
  /** Somebody has paused it. */
  readonly paused: boolean;
}

/** A mapping and the organization, as "namespace/name", that it belongs to. */
export interface OwnedMapping {
  readonly organization: string;
  readonly mapping: Mapping;
}

/** What has changed. Without `before` it has come, without `after` it has gone. */
export type SourceChange =
  | {
      readonly kind: "organization";
      /** "namespace/name" */
      readonly organization: string;
      readonly before?: OrganizationTerms;
      readonly after?: OrganizationTerms;
    }
  | { readonly kind: "mapping"; readonly before?: OwnedMapping; readonly after?: OwnedMapping };

/** Where organizations and mappings come from. */
export interface PolicySource {
  /** As it is now. Undefined when there is no such organization. */
  organization(key: string): OrganizationTerms | undefined;
  /**
   * Tells of every change from now on. What differs in nothing that people could hold or lose by isn't told: that a
   * change is held is such a thing.
   */
  subscribe(listener: (change: SourceChange) => void): void;
}
