/** The chart's README: how to install it, and a table of its values. */
import { stringify } from "yaml";
import type { Value } from "./values.ts";

const INTRODUCTION = `<!-- Generated from values.yaml by dev/generate.ts: don't edit. -->

# okta-role-operator

People in these Okta groups hold these roles: an operator and a login webhook for Kubernetes, as one Deployment or as
two (\`webhook.deployment\`). This page is about the chart; docs/install.md has the whole way from nothing to the first sign-in, with Argo CD and Flux,
cert-manager and External Secrets.

\`\`\`sh
helm install okta-role-operator ./charts/okta-role-operator \\
  --namespace okta-role-operator --create-namespace --wait \\
  --set image.repository=registry.example.com/okta-role-operator \\
  --set baseURL=https://login.example.com \\
  --set 'secretNames={acme-okta}'
kubectl apply --namespace okta-role-operator -f organization.yaml
helm test okta-role-operator --namespace okta-role-operator
\`\`\`

It needs Kubernetes 1.33 or later, Helm 4 (3.22 renders the same), and cluster rights for whoever installs it: it
brings CRDs, admission policies and a ClusterRole. None of these is left to the service accounts, which may do what
[rbac/](rbac/) says and nothing else.

- **Upgrade**: \`helm upgrade\`. The CRDs are part of the release and are brought up to date with it.
- **Uninstall**: \`helm uninstall\`. The CRDs stay, and with them every organization, mapping and user, and the admission
  policy that guards these. \`crds.keep=false\` beforehand takes all of it away.
- **A typo** in a value is refused: every value has a schema (\`values.schema.json\`), organizations and mappings included.
- **Two releases in a cluster**: one brings the CRDs and the policy; the other has \`crds.install=false\` and
  \`admissionPolicy.install=false\`, and is named in the first one's \`admissionPolicy.additionalServiceAccounts\`. Their
  \`watchNamespaces\` have no namespace in common; where they do, each organization is kept by one of them.

## Values
`;

/**
 * @param values the chart's values
 * @returns the text of charts/okta-role-operator/README.md
 */
export function chartReadme(values: Value[]): string {
  const sections = Map.groupBy(values, ({ section }) => section);
  const tables = [...sections].map(
    ([section, members]) => `### ${section}\n\n${table(members.flatMap(leaves))}\n`,
  );
  return [INTRODUCTION, ...tables].join("\n");
}

/** The values that can be set, a group's own comment before what is in it. */
export function leaves(value: Value): Value[] {
  return value.children.length === 0 ? [value] : value.children.flatMap(leaves);
}

function table(values: Value[]): string {
  const rows = values.map((value) => [
    `\`${value.path}\``,
    escaped(value.description),
    `\`${shown(value.default)}\``,
  ]);
  return [["value", "what it is", "default"], ["---", "---", "---"], ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trim();
}

/** Keeps a cell a cell, and what looks like a tag or emphasis outside code as it is. */
function escaped(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replaceAll("<", "&lt;").replaceAll("*", "\\*")))
    .join("")
    .replaceAll("|", "\\|");
}
