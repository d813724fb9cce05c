import { Registry } from "prom-client";
import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import {
  type AuditRecord,
  CompiledPolicy,
  type GroupsClaim,
  type IdentityStore,
  type LossDecision,
  type NotedSignIn,
} from "../../../identity/index.ts";
import { keyOf } from "../../../kubernetes/index.ts";
import type { SignedIn } from "../../../okta/oidc/oidc.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import { WebhookMetrics } from "../../../webhook/metrics.ts";
import type { GroupsClaimStatus } from "../../../webhook/sign-in/groups-claim-condition.ts";
import { OktaSignIns } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { organization } from "../../organizations/organization.ts";

export const ACME = organization("team/acme", "acme");
export const ADA = { issuer: "https://acme.okta.com", subject: "00u1" };

export interface Options {
  /** Undefined: it was deleted. */
  readonly place?: Organization | undefined;
  readonly policy?: CompiledPolicy | undefined;
  /** Accounts that there are already. */
  readonly store?: SimulatedStore;
  /** What of the store fails. */
  readonly failing?: Partial<IdentityStore>;
  readonly directories?: Pick<DirectoryClients, "ask">;
  readonly mappingsNotShown?: readonly Pick<OktaRoleMapping, "status">[];
  readonly decision?: LossDecision;
  readonly isClaimLost?: boolean;
}

const POLICY = new CompiledPolicy(
  [{ name: "service-admin" }],
  [{ name: "services", groups: [{ name: "service_admin" }], roles: ["service-admin"] }],
);

/** Sign-ins at one organization, on a store in memory, with all that they tell. */
export function signInsUnderTest(options: Options = {}) {
  const { decision = "take", isClaimLost = false, directories } = options;
  const place = "place" in options ? options.place : ACME;
  const policy = "policy" in options ? options.policy : POLICY;
  const key = keyOf(place ?? ACME);
  const store = Object.assign(options.store ?? new SimulatedStore(), options.failing);
  const told = {
    audit: [] as AuditRecord[],
    written: 0,
    signedIn: [] as string[],
    failed: [] as (string | number)[][],
    claim: [] as string[],
    noted: [] as [string, NotedSignIn][],
    disposed: 0,
  };
  const registry = new Registry();
  const signIns = new OktaSignIns({
    store,
    organization: (asked) => (asked === key ? place : undefined),
    policies: {
      of: (asked) =>
        asked === key && policy ? { issuer: ADA.issuer, policy, held: false, paused: false } : undefined,
    },
    directories: directories ?? { ask: async () => undefined },
    mappingsNotShown: (asked) => (asked === key ? (options.mappingsNotShown ?? []) : []),
    losses: {
      allow: async () =>
        isClaimLost
          ? undefined
          : {
              decide: () => decision,
              [Symbol.dispose]: () => {
                told.disposed++;
              },
            },
    },
    audit: {
      write: (records) => {
        told.written++;
        told.audit.push(...records);
      },
    },
    reporter: {
      signedIn: ({ email }) => void told.signedIn.push(email ?? ""),
      failed: (of, { subject }, grants, error) =>
        void told.failed.push([of, subject, grants.length, error.message]),
      groupsClaim: (_organization, { condition }: GroupsClaimStatus) =>
        void told.claim.push(`${condition.status} ${condition.reason}`),
    },
    times: { note: ({ ref }, signIn) => void told.noted.push([ref, signIn]) },
    metrics: new WebhookMetrics(registry),
  });
  const outcomes = async (): Promise<string[]> => {
    const text = await registry.metrics();
    return [...text.matchAll(/^okta_role_provisioning_duration_seconds_count\{outcome="(\w+)"\} (\d+)$/gm)]
      .map(([, outcome, count]) => `${outcome} ${count}`)
      .sort();
  };
  const seconds = async (): Promise<number> =>
    Number(/_duration_seconds_sum\{.*\} (\S+)/.exec(await registry.metrics())?.[1]);
  const complete = (groups: GroupsClaim, more: Partial<SignedIn> = {}) =>
    signIns.complete(key, {
      person: { ...ADA, email: "ada@acme.example", emailVerified: true },
      groups,
      idToken: "a.b.c",
      returnTo: "",
      ...more,
    });
  return { complete, told, store, outcomes, seconds, ada: () => store.find(key, ADA) };
}

export const claim = (...names: string[]): GroupsClaim => ({ kind: "groups", names });

/** So many names that there may be more. */
export const many = (...names: string[]): GroupsClaim =>
  claim(...names, ...Array.from({ length: 100 - names.length }, (_, i) => `group-${i}`));

export const MISSING: GroupsClaim = { kind: "missing" };
