import { type ApiAccess, apiRequest } from "../dev/control-plane/api-request.ts";

/** An object as it stands in a manifest. */
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** Where objects of the kinds that tests apply are, and whether they are a namespace's. */
const KINDS: Readonly<Record<string, readonly [plural: string, namespaced: boolean]>> = {
  ConfigMap: ["configmaps", true],
  Secret: ["secrets", true],
  ServiceAccount: ["serviceaccounts", true],
  Role: ["roles", true],
  RoleBinding: ["rolebindings", true],
  ClusterRole: ["clusterroles", false],
  ClusterRoleBinding: ["clusterrolebindings", false],
  Organization: ["organizations", true],
  OktaRoleMapping: ["oktarolemappings", true],
  OrganizationUser: ["organizationusers", true],
};

const QUERY = "fieldManager=kubectl&force=true&fieldValidation=Strict";

/**
 * Applies an object as `kubectl apply --server-side --force-conflicts` does, without the program, whose start takes
 * longer than most of what is tested.
 *
 * @param namespace of objects that name none
 * @throws Error with what the API server says
 */
export async function applyObject(access: ApiAccess, namespace: string, object: object): Promise<void> {
  const manifest = object as Manifest; // whatever it isn't, the API server says
  const { apiVersion, kind, metadata } = manifest;
  const known = KINDS[kind];
  if (!known) throw new Error(`where objects of kind ${kind} are isn't known here`);
  const [plural, namespaced] = known;
  const api = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const within = namespaced ? `/namespaces/${metadata.namespace ?? namespace}` : "";
  const answer = await apiRequest(access, "PATCH", `${api}${within}/${plural}/${metadata.name}?${QUERY}`, {
    body: withoutStringData(manifest),
    contentType: "application/apply-patch+yaml",
  });
  if (answer.status >= 300)
    throw new Error(`${kind} ${metadata.name} isn't accepted: ${answer.status} ${answer.body}`);
}

/** What was applied as `stringData` belongs to nobody, and wouldn't go when it isn't applied any more. */
function withoutStringData(manifest: Manifest & { stringData?: Record<string, string> }): object {
  const { stringData, ...rest } = manifest;
  if (!stringData) return rest;
  const data = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(text).toString("base64")]);
  return { ...rest, data: Object.fromEntries(data) };
}
