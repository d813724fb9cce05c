import { SERVICE_ACCOUNT } from "../control-plane/service-account.ts";
import type { Environment } from "./environment.ts";

/** Whom to sign in as, and what is to be seen then. */
const PEOPLE = [
  ["ada@acme.example", "ada-password", "in service_admin: Service Admin"],
  [
    "ben@acme.example",
    "ben-password",
    "in service_developer; has a local account from before, which becomes his",
  ],
  ["raj@acme.example", "raj-password", "in portal_admin and runtime_admin"],
  [
    "kim@acme.example",
    "kim-password",
    "in organization_admin: sees everybody, and why, at /login/acme/users",
  ],
  ["eve@acme.example", "eve-password", "in no mapped group: refused, and the page says why"],
] as const;

function guardedLines(guarded: Environment["guarded"]): string[] {
  if (!guarded)
    return [
      "An application behind a proxy is here, too, once nginx, Caddy, HAProxy, Apache httpd or Traefik is installed: see docs/applications.md.",
      "",
    ];
  return [
    `An application behind ${guarded.proxy}, for Service Admins: ${guarded.url}`,
    "  open it as Ada, who is sent to sign in and back, and as Raj, whom a page tells what he lacks",
    "",
  ];
}

/** The page that the quickstart ends with: what there is, and what to try next. */
export async function welcome({
  kubectl,
  kubeconfig,
  kubectlPath,
  product,
  guarded,
  okta,
  namespace,
  context,
  folder,
}: Environment): Promise<string> {
  const shown = await kubectl(["get", "oktaorg,orm,orguser"]);
  const loginURI = `${product.baseURL}/login/acme`;
  const people = PEOPLE.map(([login, password, what]) => `  ${login}  ${password}  ${what}`);
  const flag = context === undefined ? "" : ` -n ${namespace} --context ${context}`;
  const environment =
    kubeconfig === undefined
      ? []
      : [`  export KUBECONFIG=${kubeconfig}`, `  alias kubectl=${kubectlPath}    # unless you have one`, ""];
  return [
    shown,
    `Sign in: ${loginURI}`,
    ...people,
    "",
    ...guardedLines(guarded),
    "In another terminal:",
    ...environment,
    `  kubectl get oktaorg,orm,orguser${flag}`,
    `  kubectl describe orm service-admins${flag}            # what was checked, and who signed in`,
    `  kubectl explain orm.spec${flag}`,
    `  kubectl edit orm service-admins${flag}                # roles of people who are signed in follow at once`,
    `  kubectl delete orm service-admins${flag}              # whoever held access by it alone is out`,
    "",
    "Without Okta, as the local admin Mia:",
    `  kubectl create token mia --audience ${loginURI}${flag}`,
    `  and paste the token at ${loginURI}/local`,
    "",
    "Take people out of groups in the stand-in: their sessions end within a second, without a sign-in:",
    `  curl -X DELETE -H 'Authorization: SSWS acme-api-token' ${okta.url}/api/v1/groups/${okta.directory.group("service_admin").id}/users/${okta.directory.user("ada@acme.example").id}`,
    "",
    `Logs of the operator and the webhook are in ${folder}.`,
    context === undefined
      ? "Ctrl-C ends everything and leaves nothing behind."
      : "Ctrl-C ends the programs, and says what stays in the cluster and how it is removed.",
  ].join("\n");
}

/** What stays in a cluster of the user's own when the programs have ended: they may still want to look at it. */
export function leftInCluster({ context, namespace }: Pick<Environment, "context" | "namespace">): string[] {
  if (context === undefined) return [];
  const at = `--context ${context}`;
  return [
    `The namespace ${namespace}, rights in the cluster, the CRDs and the admission policy are still there. To remove them:`,
    `  kubectl delete ${at} -f crds/`,
    `  kubectl delete ${at} namespace ${namespace}`,
    `  kubectl delete ${at} clusterrole,clusterrolebinding ${SERVICE_ACCOUNT}-${namespace}`,
  ];
}
