import type { Values } from "./helm.ts";

/** One value of the chart, something to set it to, and what can be seen of it. */
export interface Case {
  /** As in values.yaml: image.tag */
  readonly value: string;
  readonly to: unknown;
  /** What else has to be set for it to show. */
  readonly with?: Values;
  readonly kind: string;
  /** The object's name, where the chart makes several of the kind. */
  readonly name?: string;
  /** Where to look in it: see `at` in helm.ts. Without it, only whether there is such an object counts. */
  readonly at?: string;
  /** What stands there: exactly this. */
  readonly is?: unknown;
  /** What is part of the list that stands there. */
  readonly has?: unknown;
  /** The object is there without the value, and not with it. */
  readonly gone?: true;
}

export const ACME = {
  name: "acme",
  spec: {
    displayName: "Acme",
    loginPath: "acme",
    okta: {
      issuer: "https://acme.okta.com",
      clientID: "0oa1gjh63g214q0Hq0g4",
      clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      directory: {
        url: "https://acme.okta.com",
        clientID: "0oa2",
        privateKeyRef: { name: "acme-key", key: "pem" },
      },
    },
    roles: [{ name: "admin", displayName: "Admin", admin: true }],
  },
};

const { clientSecretRef: _, directory: __, ...withoutSecrets } = ACME.spec.okta;
const BY_KEY = { ...withoutSecrets, privateKeyRef: { name: "acme-login-key", key: "jwks" } };

export const ADMINS = {
  name: "admins",
  spec: { organizationRef: { name: "acme" }, groups: [{ name: "admins" }], roles: ["admin"] },
};

const NAME = "okta-role-operator";
const SEPARATE = { webhook: { deployment: "separate" } };
const pod = "spec.template.spec";
const operator = `${pod}.containers[operator]`;
const webhook = `${pod}.containers[webhook]`;
const deployment = { kind: "Deployment" };
const operatorsOwn = { kind: "Deployment", name: `${NAME}-operator`, with: SEPARATE };
const service = { kind: "Service", name: NAME };
const servedAlerts = "spec.groups[okta-role-operator].rules";
const labels = { team: "access" };
const peer = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "ingress-nginx" } } };
const toleration = { key: "dedicated", operator: "Equal", value: "access", effect: "NoSchedule" };
const constraint = { maxSkew: 2, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: {} };
const secretsRule = (verbs: string[], names?: string[]) => ({
  apiGroups: [""],
  resources: ["secrets"],
  verbs,
  ...(names ? { resourceNames: names } : {}),
});
const affinity = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
    },
  },
};
const monitor = { metrics: { serviceMonitor: { enabled: true } } };
const rule = { metrics: { prometheusRule: { enabled: true } } };
const dashboard = { metrics: { dashboard: { enabled: true } } };
const ingress = { ingress: { enabled: true } };
const route = { httpRoute: { enabled: true, parentRefs: [{ name: "public" }] } };
const known = { args: ["--api-versions", "rolemapping.dev/v1alpha1"] };

/** Arguments of `helm template` that a cluster which knows the kinds amounts to. */
export const KINDS_KNOWN = known.args;

/** At least one for each value in values.yaml. `OTHER` is another namespace that exists. */
export const cases = (OTHER: string): readonly Case[] => [
  {
    value: "baseURL",
    to: "https://in.example.com",
    ...deployment,
    at: `${webhook}.args`,
    has: "--base-url=https://in.example.com",
  },
  {
    value: "baseURL",
    to: "http://localhost:8080",
    ...deployment,
    at: `${operator}.args`,
    has: "--base-url=http://localhost:8080",
  },
  {
    value: "secretNames",
    to: ["b", "a"],
    kind: "Role",
    name: NAME,
    at: "rules",
    has: secretsRule(["get"], ["a", "b"]),
  },
  {
    value: "secretNames",
    to: ["*", "a"],
    kind: "Role",
    name: NAME,
    at: "rules",
    has: secretsRule(["get"]),
  },
  {
    value: "okta.hosts",
    to: ["*.okta.com", "login.acme.com"],
    ...deployment,
    at: `${operator}.args`,
    has: "--okta-hosts=*.okta.com,login.acme.com",
  },
  {
    value: "okta.hosts",
    to: ["*.okta.com"],
    ...deployment,
    at: `${webhook}.args`,
    has: "--okta-hosts=*.okta.com",
  },
  {
    value: "okta.addresses",
    to: ["private"],
    ...deployment,
    at: `${webhook}.args`,
    has: "--okta-addresses=private",
  },
  {
    value: "okta.addresses",
    to: ["public", "private"],
    ...deployment,
    at: `${operator}.args`,
    has: "--okta-addresses=public,private",
  },
  {
    value: "loginPaths.prefixes",
    to: { "team-a": ["a-"], "team-b": ["b-", "beta"] },
    ...deployment,
    at: `${webhook}.args`,
    has: "--login-path-prefixes=team-a=a-,team-b=b-,team-b=beta",
  },
  {
    value: "loginPaths.prefixes",
    to: { "team-a": ["a-"] },
    ...deployment,
    at: `${operator}.args`,
    has: "--login-path-prefixes=team-a=a-",
  },
  {
    value: "loginPaths.perNamespace",
    to: 3,
    ...deployment,
    at: `${operator}.args`,
    has: "--login-paths-per-namespace=3",
  },
  {
    value: "loginPaths.retentionHours",
    to: 24,
    ...deployment,
    at: `${operator}.args`,
    has: "--login-path-retention=24",
  },
  {
    value: "watchNamespaces",
    to: [OTHER, "default"],
    with: { organizations: [], mappings: [] }, // they would have to say where they go
    ...deployment,
    at: `${operator}.args`,
    has: `--watch-namespaces=${OTHER},default`,
  },
  {
    value: "watchNamespaces",
    to: [OTHER],
    kind: "Role",
    name: `${NAME}.access`,
    at: "metadata.namespace",
    is: OTHER,
  },
  {
    value: "watchNamespaces",
    to: ["*"],
    kind: "ClusterRole",
    name: `${NAME}.access`,
    at: "rules",
    has: { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  },
  { value: "organizations", to: [ACME], kind: "Organization", at: "spec", is: ACME.spec },
  {
    value: "organizations",
    to: [ACME],
    kind: "Role",
    name: NAME,
    at: "rules",
    has: secretsRule(["get"], ["acme-key", "acme-okta"]),
  },
  {
    value: "organizations",
    to: [{ name: "initech", spec: { ...ACME.spec, okta: BY_KEY } }],
    kind: "Role",
    name: NAME,
    at: "rules",
    has: secretsRule(["get"], ["acme-login-key"]),
  },
  {
    value: "organizations",
    to: [{ ...ACME, namespace: OTHER }],
    with: { watchNamespaces: [OTHER] },
    kind: "Organization",
    at: "metadata.namespace",
    is: OTHER,
  },
  {
    value: "mappings",
    to: [{ ...ADMINS, annotations: labels }],
    kind: "OktaRoleMapping",
    at: "metadata.annotations",
    is: labels,
  },

  {
    value: "image.repository",
    to: "registry.test/x",
    ...deployment,
    at: `${operator}.image`,
    is: "registry.test/x:0.1.0",
  },
  { value: "image.tag", to: "v9", ...deployment, at: `${webhook}.image`, is: "okta-role-operator:v9" },
  {
    value: "image.digest",
    to: `sha256:${"a".repeat(64)}`,
    kind: "Pod",
    at: "spec.containers[test].image",
    is: `okta-role-operator@sha256:${"a".repeat(64)}`,
  },
  { value: "image.pullPolicy", to: "Always", ...deployment, at: `${webhook}.imagePullPolicy`, is: "Always" },
  {
    value: "imagePullSecrets",
    to: [{ name: "registry" }],
    ...deployment,
    at: `${pod}.imagePullSecrets`,
    is: [{ name: "registry" }],
  },

  { value: "replicas", to: 5, ...deployment, at: "spec.replicas", is: 5 },
  { value: "replicas", to: 1, kind: "PodDisruptionBudget", gone: true },
  { value: "replicas", to: null, ...deployment, at: "spec.replicas", is: undefined },
  { value: "logLevel", to: "debug", ...deployment, at: `${operator}.args`, has: "--log-level=debug" },
  {
    value: "sessionSecretName",
    to: "keys",
    ...deployment,
    at: `${webhook}.args`,
    has: "--session-secret=keys",
  },
  {
    value: "sessionSecretName",
    to: "keys",
    kind: "Role",
    at: "rules",
    has: secretsRule(["get", "update"], ["keys"]),
  },
  { value: "trustedProxies", to: 2, ...deployment, at: `${webhook}.args`, has: "--trusted-proxies=2" },
  {
    value: "trustedProxies",
    to: "",
    with: ingress,
    ...deployment,
    at: `${webhook}.args`,
    has: "--trusted-proxies=1",
  },
  {
    value: "trustedProxies",
    to: 0,
    with: ingress,
    ...deployment,
    at: `${webhook}.args`,
    has: "--trusted-proxies=0",
  },
  {
    value: "trustedProxies",
    to: "10.0.0.0/8,::1",
    ...deployment,
    at: `${webhook}.args`,
    has: "--trusted-proxies=10.0.0.0/8,::1",
  },
  {
    value: "trustedCertificates.configMapName",
    to: "ca",
    ...deployment,
    at: `${pod}.volumes[certificates].configMap.name`,
    is: "ca",
  },
  {
    value: "trustedCertificates.secretName",
    to: "ca",
    ...deployment,
    at: `${pod}.volumes[certificates].secret.secretName`,
    is: "ca",
  },
  {
    value: "trustedCertificates.key",
    to: "root.pem",
    with: { trustedCertificates: { secretName: "ca" } },
    ...deployment,
    at: `${operator}.env[OKTA_ROLE_TRUSTED_CERTIFICATES].value`,
    is: "/etc/okta-role-operator/certificates/root.pem",
  },
  {
    value: "operator.resources",
    to: { limits: { cpu: 1 } },
    ...deployment,
    at: `${operator}.resources.limits.cpu`,
    is: 1,
  },
  { value: "operator.replicas", to: 3, ...operatorsOwn, at: "spec.replicas", is: 3 },
  { value: "operator.replicas", to: null, ...operatorsOwn, at: "spec.replicas", is: undefined },
  {
    value: "operator.podDisruptionBudget.enabled",
    to: false,
    with: SEPARATE,
    kind: "PodDisruptionBudget",
    name: `${NAME}-operator`,
    gone: true,
  },
  {
    value: "operator.podDisruptionBudget.maxUnavailable",
    to: "50%",
    with: SEPARATE,
    kind: "PodDisruptionBudget",
    name: `${NAME}-operator`,
    at: "spec.maxUnavailable",
    is: "50%",
  },
  {
    value: "operator.topologySpreadConstraints",
    to: [constraint],
    ...operatorsOwn,
    at: `${pod}.topologySpreadConstraints`,
    is: [constraint],
  },
  { value: "operator.affinity", to: affinity, ...operatorsOwn, at: `${pod}.affinity`, is: affinity },
  {
    value: "operator.priorityClassName",
    to: "system-cluster-critical",
    ...operatorsOwn,
    at: `${pod}.priorityClassName`,
    is: "system-cluster-critical",
  },
  {
    value: "operator.serviceAccountName",
    to: "reconciles",
    ...operatorsOwn,
    at: `${pod}.serviceAccountName`,
    is: "reconciles",
  },
  {
    value: "operator.serviceAccountName",
    to: "reconciles",
    with: SEPARATE,
    kind: "RoleBinding",
    name: `${NAME}-operator`,
    at: "subjects[reconciles].namespace",
    is: "access",
  },
  {
    value: "webhook.deployment",
    to: "separate",
    kind: "ValidatingAdmissionPolicy",
    name: "organizationusers.rolemapping.dev",
    at: "spec.variables[product].expression",
    is: "['system:serviceaccount:access:okta-role-operator', 'system:serviceaccount:access:okta-role-operator-operator']",
  },
  {
    value: "webhook.deployment",
    to: "separate",
    kind: "NetworkPolicy",
    name: `${NAME}-operator`,
    at: "spec.ingress[0].ports",
    is: [{ port: "operator-health", protocol: "TCP" }],
  },
  {
    value: "webhook.deployment",
    to: "separate",
    kind: "NetworkPolicy",
    name: NAME,
    at: "spec.ingress[1].ports",
    is: [{ port: "webhook-health", protocol: "TCP" }],
  },
  {
    value: "webhook.deployment",
    to: "separate",
    kind: "ClusterRole",
    name: `${NAME}-operator.access`,
    with: { watchNamespaces: ["*"], organizations: [], mappings: [] },
    at: "rules",
    has: { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create", "patch"] },
  },
  {
    value: "webhook.deployment",
    to: "separate",
    with: { watchNamespaces: [OTHER] },
    kind: "Role",
    name: `${NAME}-operator.access`,
    at: "metadata.namespace",
    is: OTHER,
  },
  {
    value: "webhook.resources",
    to: { limits: { cpu: "500m" } },
    ...deployment,
    at: `${webhook}.resources.limits.cpu`,
    is: "500m",
  },
  {
    value: "webhook.drainSeconds",
    to: 9,
    ...deployment,
    at: `${webhook}.lifecycle.preStop.sleep.seconds`,
    is: 9,
  },
  {
    value: "terminationGracePeriodSeconds",
    to: 60,
    ...deployment,
    at: `${pod}.terminationGracePeriodSeconds`,
    is: 60,
  },
  {
    value: "extraEnv",
    to: [{ name: "OKTA_ROLE_LOGIN_RATE", value: "10" }],
    ...deployment,
    at: `${webhook}.env[OKTA_ROLE_LOGIN_RATE].value`,
    is: "10",
  },
  {
    value: "extraVolumes",
    to: [{ name: "tmp", emptyDir: {} }],
    ...deployment,
    at: `${pod}.volumes[tmp]`,
    is: { name: "tmp", emptyDir: {} },
  },
  {
    value: "extraVolumeMounts",
    to: [{ name: "tmp", mountPath: "/tmp" }],
    with: { extraVolumes: [{ name: "tmp", emptyDir: {} }] },
    ...deployment,
    at: `${operator}.volumeMounts[tmp].mountPath`,
    is: "/tmp",
  },

  { value: "podDisruptionBudget.enabled", to: false, kind: "PodDisruptionBudget", gone: true },
  {
    value: "podDisruptionBudget.maxUnavailable",
    to: "25%",
    kind: "PodDisruptionBudget",
    at: "spec.maxUnavailable",
    is: "25%",
  },
  {
    value: "topologySpreadConstraints",
    to: [constraint],
    ...deployment,
    at: `${pod}.topologySpreadConstraints`,
    is: [constraint],
  },
  {
    value: "nodeSelector",
    to: { "kubernetes.io/arch": "arm64" },
    ...deployment,
    at: `${pod}.nodeSelector`,
    is: { "kubernetes.io/os": "linux", "kubernetes.io/arch": "arm64" },
  },
  { value: "tolerations", to: [toleration], ...deployment, at: `${pod}.tolerations`, is: [toleration] },
  { value: "affinity", to: affinity, ...deployment, at: `${pod}.affinity`, is: affinity },
  {
    value: "priorityClassName",
    to: "system-cluster-critical",
    ...deployment,
    at: `${pod}.priorityClassName`,
    is: "system-cluster-critical",
  },

  { value: "rbac.create", to: false, kind: "Role", gone: true },
  { value: "rbac.create", to: false, kind: "ClusterRoleBinding", gone: true },
  { value: "rbac.tokenReviews", to: false, kind: "ClusterRole", name: `${NAME}.access`, gone: true },
  { value: "rbac.people.create", to: false, kind: "ClusterRole", name: `${NAME}.access-view`, gone: true },
  {
    value: "rbac.people.aggregate",
    to: true,
    kind: "ClusterRole",
    name: `${NAME}.access-edit`,
    at: "metadata.labels[rbac.authorization.k8s.io/aggregate-to-admin]",
    is: "true",
  },
  {
    value: "rbac.guardSecrets",
    to: false,
    kind: "ValidatingAdmissionPolicyBinding",
    name: `secrets.${NAME}.access.rolemapping.dev`,
    gone: true,
  },
  {
    value: "serviceAccount.create",
    to: false,
    with: { serviceAccount: { name: "ours" } },
    kind: "ServiceAccount",
    gone: true,
  },
  {
    value: "serviceAccount.create",
    to: false,
    with: { serviceAccount: { name: "ours" } },
    ...deployment,
    at: `${pod}.serviceAccountName`,
    is: "ours",
  },
  { value: "serviceAccount.name", to: "sa", kind: "RoleBinding", at: "subjects[sa].namespace", is: "access" },
  {
    value: "serviceAccount.annotations",
    to: labels,
    kind: "ServiceAccount",
    at: "metadata.annotations",
    is: labels,
  },
  {
    value: "serviceAccount.tokenExpirationSeconds",
    to: 600,
    ...deployment,
    at: `${pod}.volumes[service-account].projected.sources[0].serviceAccountToken.expirationSeconds`,
    is: 600,
  },
  {
    value: "podSecurityContext",
    to: { runAsUser: 1000 },
    ...deployment,
    at: `${pod}.securityContext.runAsUser`,
    is: 1000,
  },
  {
    value: "securityContext",
    to: { runAsGroup: 1000 },
    ...deployment,
    at: `${webhook}.securityContext.runAsGroup`,
    is: 1000,
  },
  { value: "networkPolicy.enabled", to: false, kind: "NetworkPolicy", gone: true },
  {
    value: "networkPolicy.webhookFrom",
    to: [peer],
    kind: "NetworkPolicy",
    at: "spec.ingress[0].from",
    has: peer,
  },
  {
    value: "networkPolicy.metricsFrom",
    to: [peer],
    kind: "NetworkPolicy",
    at: "spec.ingress[1].from",
    has: peer,
  },
  {
    value: "networkPolicy.apiServer.ports",
    to: [16443],
    kind: "NetworkPolicy",
    at: "spec.egress[1].ports",
    is: [{ port: 16443, protocol: "TCP" }],
  },
  {
    value: "networkPolicy.apiServer.cidrs",
    to: ["10.0.0.1/32"],
    kind: "NetworkPolicy",
    at: "spec.egress[1].to",
    is: [{ ipBlock: { cidr: "10.0.0.1/32" } }],
  },
  {
    value: "networkPolicy.okta.ports",
    to: [8443],
    kind: "NetworkPolicy",
    at: "spec.egress[2].ports",
    is: [{ port: 8443, protocol: "TCP" }],
  },
  {
    value: "networkPolicy.okta.cidrs",
    to: ["2001:db8::/32"],
    kind: "NetworkPolicy",
    at: "spec.egress[2].to",
    is: [{ ipBlock: { cidr: "2001:db8::/32" } }],
  },
  {
    value: "networkPolicy.extraEgress",
    to: [{ ports: [{ port: 3128, protocol: "TCP" }] }],
    kind: "NetworkPolicy",
    at: "spec.egress[3].ports[0].port",
    is: 3128,
  },
  {
    value: "admissionPolicy.install",
    to: false,
    kind: "ValidatingAdmissionPolicy",
    name: "organizationusers.rolemapping.dev",
    gone: true,
  },
  {
    value: "admissionPolicy.additionalServiceAccounts",
    to: [{ namespace: "team-b", name: "x" }],
    kind: "ValidatingAdmissionPolicy",
    name: "organizationusers.rolemapping.dev",
    at: "spec.variables[product].expression",
    is: "['system:serviceaccount:access:okta-role-operator', 'system:serviceaccount:team-b:x']",
  },

  { value: "crds.install", to: false, kind: "CustomResourceDefinition", gone: true },
  {
    value: "crds.keep",
    to: false,
    kind: "CustomResourceDefinition",
    name: "organizations.rolemapping.dev",
    at: "metadata.annotations",
    is: {},
  },
  {
    value: "crds.annotations",
    to: labels,
    kind: "CustomResourceDefinition",
    name: "organizations.rolemapping.dev",
    at: "metadata.annotations",
    is: { ...labels, "helm.sh/resource-policy": "keep" },
  },

  { value: "service.type", to: "LoadBalancer", ...service, at: "spec.type", is: "LoadBalancer" },
  {
    value: "service.port",
    to: 8443,
    with: route,
    kind: "HTTPRoute",
    at: "spec.rules[0].backendRefs[0].port",
    is: 8443,
  },
  {
    value: "service.nodePort",
    to: 30080,
    with: { service: { type: "NodePort" } },
    ...service,
    at: "spec.ports[http].nodePort",
    is: 30080,
  },
  { value: "service.annotations", to: labels, ...service, at: "metadata.annotations", is: labels },
  { value: "ingress.enabled", to: true, kind: "Ingress", at: "spec.rules[0].host", is: "login.example.com" },
  {
    value: "ingress.enabled",
    to: true,
    with: { baseURL: "https://login.example.com:8443" },
    kind: "Ingress",
    at: "spec.tls[0].hosts",
    is: ["login.example.com"],
  },
  {
    value: "ingress.enabled",
    to: true,
    with: { baseURL: "http://localhost:8080" },
    kind: "Ingress",
    at: "spec.tls",
    is: undefined,
  },
  {
    value: "ingress.className",
    to: "nginx",
    with: ingress,
    kind: "Ingress",
    at: "spec.ingressClassName",
    is: "nginx",
  },
  {
    value: "ingress.annotations",
    to: labels,
    with: ingress,
    kind: "Ingress",
    at: "metadata.annotations",
    is: labels,
  },
  {
    value: "ingress.paths",
    to: ["/login", "/session"],
    with: ingress,
    kind: "Ingress",
    at: "spec.rules[0].http.paths[1].path",
    is: "/session",
  },
  {
    value: "ingress.tlsSecretName",
    to: "cert",
    with: ingress,
    kind: "Ingress",
    at: "spec.tls[0].secretName",
    is: "cert",
  },
  {
    value: "httpRoute.enabled",
    to: true,
    with: route,
    kind: "HTTPRoute",
    at: "spec.hostnames",
    is: ["login.example.com"],
  },
  {
    value: "httpRoute.parentRefs",
    to: [{ name: "g", namespace: "n" }],
    with: { httpRoute: { enabled: true } },
    kind: "HTTPRoute",
    at: "spec.parentRefs",
    is: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "g", namespace: "n" }],
  },
  {
    value: "httpRoute.paths",
    to: ["/login", "/session"],
    with: route,
    kind: "HTTPRoute",
    at: "spec.rules[0].matches[1].path.value",
    is: "/session",
  },
  {
    value: "httpRoute.annotations",
    to: labels,
    with: route,
    kind: "HTTPRoute",
    at: "metadata.annotations",
    is: labels,
  },

  {
    value: "metrics.serviceAnnotations",
    to: labels,
    kind: "Service",
    name: `${NAME}-metrics`,
    at: "metadata.annotations",
    is: labels,
  },
  {
    value: "metrics.serviceMonitor.enabled",
    to: true,
    kind: "ServiceMonitor",
    at: "spec.endpoints[1].port",
    is: "webhook",
  },
  {
    value: "metrics.serviceMonitor.labels",
    to: labels,
    with: monitor,
    kind: "ServiceMonitor",
    at: "metadata.labels.team",
    is: "access",
  },
  {
    value: "metrics.serviceMonitor.interval",
    to: "1m",
    with: monitor,
    kind: "ServiceMonitor",
    at: "spec.endpoints[0].interval",
    is: "1m",
  },
  {
    value: "metrics.serviceMonitor.scrapeTimeout",
    to: "5s",
    with: monitor,
    kind: "ServiceMonitor",
    at: "spec.endpoints[0].scrapeTimeout",
    is: "5s",
  },
  {
    value: "metrics.prometheusRule.enabled",
    to: true,
    kind: "PrometheusRule",
    at: `${servedAlerts}[0].labels.severity`,
    is: "critical",
  },
  {
    value: "metrics.prometheusRule.labels",
    to: labels,
    with: rule,
    kind: "PrometheusRule",
    at: "metadata.labels.team",
    is: "access",
  },
  {
    value: "metrics.prometheusRule.alertLabels",
    to: labels,
    with: rule,
    kind: "PrometheusRule",
    at: `${servedAlerts}[0].labels`,
    is: { severity: "critical", team: "access" },
  },
  {
    value: "metrics.prometheusRule.runbookURL",
    to: "https://wiki.test/ops",
    with: rule,
    kind: "PrometheusRule",
    at: `${servedAlerts}[0].annotations.runbook_url`,
    is: "https://wiki.test/ops#oktarolenoleader",
  },
  {
    value: "metrics.prometheusRule.disabled",
    to: ["OktaRoleNoLeader"],
    with: rule,
    kind: "PrometheusRule",
    at: `${servedAlerts}[0].alert`,
    is: "OktaRoleWebhookDown",
  },
  {
    value: "metrics.dashboard.enabled",
    to: true,
    kind: "ConfigMap",
    at: "metadata.labels.grafana_dashboard",
    is: "1",
  },
  {
    value: "metrics.dashboard.labels",
    to: labels,
    with: dashboard,
    kind: "ConfigMap",
    at: "metadata.labels.team",
    is: "access",
  },
  {
    value: "metrics.dashboard.annotations",
    to: labels,
    with: dashboard,
    kind: "ConfigMap",
    at: "metadata.annotations",
    is: labels,
  },

  {
    value: "nameOverride",
    to: "roles",
    kind: "ServiceAccount",
    at: "metadata.name",
    is: "okta-role-operator-roles",
  },
  { value: "fullnameOverride", to: "roles", kind: "ServiceAccount", at: "metadata.name", is: "roles" },
  { value: "commonLabels", to: labels, kind: "ServiceAccount", at: "metadata.labels.team", is: "access" },
  { value: "deploymentAnnotations", to: labels, ...deployment, at: "metadata.annotations", is: labels },
  {
    value: "podAnnotations",
    to: labels,
    ...deployment,
    at: "spec.template.metadata.annotations.team",
    is: "access",
  },
  { value: "podLabels", to: labels, ...deployment, at: "spec.template.metadata.labels.team", is: "access" },
];
