import type { MappedGroup, OktaRoleMapping, ResolvedGroup } from "../../../crds/types.ts";

/** What Okta has said of a mapping's groups. */
export interface LookedUp {
  readonly found?: ResolvedGroup[];
  /** Whether all of them were found; undefined: it hasn't been asked. */
  readonly resolved?: "True" | "False" | "Unknown" | undefined;
  readonly resolvedTime?: string;
  /** When its spec was changed last. */
  readonly changedTime?: string;
  readonly reason?: string;
  /** The generation that it was said of. */
  readonly observed?: number;
}

/** A mapping of groups, and what Okta has said of them. */
export function aMapping(
  groups: MappedGroup[],
  {
    found,
    resolved,
    resolvedTime = "2025-01-01T00:00:00Z",
    changedTime,
    reason = "Checked",
    observed = 1,
  }: LookedUp = {},
): OktaRoleMapping {
  const condition = resolved && {
    type: "GroupsResolved",
    status: resolved,
    reason,
    message: "",
    lastTransitionTime: resolvedTime,
    observedGeneration: observed,
  };
  const ready = { ...condition, type: "Ready", status: "False", lastTransitionTime: "2020-01-01T00:00:00Z" };
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata: { namespace: "acme", name: "services", generation: 1 },
    spec: { organizationRef: { name: "acme" }, groups, roles: ["service-admin"] },
    ...(found || condition
      ? {
          status: {
            ...(found === undefined ? {} : { groups: found }),
            ...(condition === undefined ? {} : { conditions: [ready, condition] }),
            ...(changedTime === undefined
              ? {}
              : { lastChange: { generation: 1, time: changedTime, gained: 0, lost: 0 } }),
          },
        }
      : {}),
  } as OktaRoleMapping;
}
