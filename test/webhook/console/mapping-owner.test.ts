import test from "ava";
import { ownersOf } from "../../../webhook/console/mapping-owner.ts";

const entry = (manager: string, fields: object = { "f:spec": { "f:groups": {} } }) => ({
  manager,
  operation: "Apply",
  fieldsV1: fields,
});

const OWNERS: [what: string, managedFields: unknown, owners: string[]][] = [
  ["the page's own", [entry("okta-role-console")], []],
  ["kubectl's", [entry("kubectl-client-side-apply")], ["kubectl"]],
  ["edited by kubectl", [entry("okta-role-console"), entry("kubectl-edit")], ["kubectl"]],
  ["Argo CD's", [entry("argocd-controller")], ["Argo CD"]],
  ["Flux's", [entry("kustomize-controller")], ["Flux"]],
  ["Flux's by Helm", [entry("helm-controller")], ["Flux"]],
  ["Helm's", [entry("helm")], ["Helm"]],
  ["Flux's, as its command line names itself", [entry("flux")], ["Flux"]],
  ["Pulumi's", [entry("pulumi-kubernetes-1a2b")], ["Pulumi"]],
  ["Terraform's of old", [entry("HashiCorp")], ["Terraform"]],
  [
    "of programs that only have such a word in their names",
    ["my-argocd", "my-flux", "my-helm", "my-kubectl", "my-terraform", "my-pulumi"].map((name) => entry(name)),
    ["my-argocd", "my-flux", "my-helm", "my-kubectl", "my-pulumi", "my-terraform"],
  ],
  ["two programs', the other way round", [entry("kubectl"), entry("argocd")], ["Argo CD", "kubectl"]],
  ["two programs'", [entry("terraform-provider-kubernetes"), entry("our-own")], ["Terraform", "our-own"]],
  [
    "the page's, with a status and a label of others",
    [
      entry("okta-role-console"),
      entry("okta-role-operator", { "f:status": {} }),
      entry("kubectl-label", { "f:metadata": { "f:labels": {} } }),
    ],
    [],
  ],
  ["nobody knows whose, since that was taken out", [], ["somebody who isn't known"]],
  ["nobody knows whose", undefined, ["somebody who isn't known"]],
  [
    "nobody knows whose, since it is in a form that isn't known",
    [{ manager: 1 }, null, "x"],
    ["somebody who isn't known"],
  ],
];
for (const [what, managedFields, owners] of OWNERS)
  test(`a mapping is ${what}`, (t) => t.deepEqual(ownersOf(managedFields), owners));
