/** What tests write: some of Kubernetes' own types, most of which the product doesn't know. */
import { type KubernetesObject, resourceType } from "../../kubernetes/index.ts";

export { type ConfigMap, configMaps } from "../../kubernetes/index.ts";

interface CustomResourceDefinition extends KubernetesObject {
  spec: {
    group: string;
    scope: "Namespaced" | "Cluster";
    names: { kind: string; plural: string; singular?: string; shortNames?: string[]; categories?: string[] };
    versions: { name: string; served: boolean; storage: boolean; schema?: unknown; subresources?: unknown }[];
  };
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

export const namespaces = resourceType({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
});

export const serviceAccounts = resourceType({
  group: "",
  version: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
});

export const customResourceDefinitions = resourceType<CustomResourceDefinition>({
  group: "apiextensions.k8s.io",
  version: "v1",
  kind: "CustomResourceDefinition",
  plural: "customresourcedefinitions",
  namespaced: false,
});
