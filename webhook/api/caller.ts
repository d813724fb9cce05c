import type { Visitor } from "../console/visitor.ts";
import type { ServiceAccount } from "../tokens/token-claims.ts";

/** Whoever asks: a program by its service account, or a person by their session at the organization that is asked about. */
export type Caller = ServiceAccountCaller | SessionCaller;

export interface ServiceAccountCaller {
  readonly kind: "service-account";
  /** Whom limits count and the log names, as in "service account access/reports". */
  readonly name: string;
  readonly serviceAccount: ServiceAccount;
  /** Whether it may list the accounts of a namespace, by the cluster's own rules. */
  mayList(namespace: string): Promise<boolean>;
  /** Whether it may get this account. */
  mayGet(namespace: string, name: string): Promise<boolean>;
}

export interface SessionCaller {
  readonly kind: "session";
  readonly name: string;
  readonly visitor: Visitor;
}
