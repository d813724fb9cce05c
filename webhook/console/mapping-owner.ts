/** By this field manager the page Role mapping saves. */
export const CONSOLE_MANAGER = "okta-role-console";

/** Field managers of the programs that people keep manifests with, as people call these. */
const KNOWN: readonly (readonly [manager: RegExp, name: string])[] = [
  [/^argocd/i, "Argo CD"],
  [/^(kustomize-controller|helm-controller|flux)/i, "Flux"],
  [/^helm/i, "Helm"],
  [/^kubectl/i, "kubectl"],
  [/^(hashicorp|terraform)/i, "Terraform"],
  [/^pulumi/i, "Pulumi"],
];

/**
 * Who has written the spec of an object, beside the page itself: an object that anybody else has a hand in is theirs. Empty
 * where it is the page's alone.
 * @param managedFields of its metadata, as the API server keeps them
 */
export function ownersOf(managedFields: unknown): readonly string[] {
  const managers = Array.isArray(managedFields) ? managedFields.flatMap(managerOfSpec) : [];
  // Somebody has taken out who it was. That wasn't the page.
  if (managers.length === 0) return ["somebody who isn't known"];
  const others = managers.filter((manager) => manager !== CONSOLE_MANAGER);
  return [...new Set(others.map(nameOf))].sort();
}

function nameOf(manager: string): string {
  return KNOWN.find(([pattern]) => pattern.test(manager))?.[1] ?? manager;
}

function managerOfSpec(entry: unknown): string[] {
  if (!isRecord(entry) || typeof entry.manager !== "string" || !isRecord(entry.fieldsV1)) return [];
  return "f:spec" in entry.fieldsV1 ? [entry.manager] : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
