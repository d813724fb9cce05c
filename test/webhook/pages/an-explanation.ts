import type { Explanation, RoleExplanation } from "../../../identity/explanation.ts";

/** Why somebody with an account holds these roles, or what is missing. */
export function explained(...roles: readonly Partial<RoleExplanation>[]): Explanation {
  return {
    account: "Active",
    roles: roles.map((role) => ({
      role: "viewer",
      displayName: "Viewer",
      admin: false,
      holds: false,
      decided: false,
      causes: [],
      obstacles: [],
      mappings: [],
      more: 0,
      ...role,
    })),
  };
}

/** A role that is held through so many groups. */
export function heldThrough(count: number): Partial<RoleExplanation> {
  const causes = Array.from({ length: count }, (_, i) => ({
    code: "MappedGroup" as const,
    role: "viewer",
    mapping: "viewers",
    group: `g${i}`,
  }));
  return { holds: true, causes };
}

/** A role that so many mappings would give. */
export function missedBy(count: number): Partial<RoleExplanation> {
  const mappings = Array.from({ length: count }, (_, i) => ({
    code: "NotInGroups" as const,
    mapping: `m${i}`,
    groups: ["a"],
    total: 1,
  }));
  return { mappings };
}
