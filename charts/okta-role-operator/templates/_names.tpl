{{- define "okta-role-operator.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- /* The release's name, and the chart's unless it is in there. 52 characters: suffixes and a pod's hash follow. */ -}}
{{- define "okta-role-operator.fullname" -}}
{{- $name := include "okta-role-operator.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* For objects outside the release's namespace: another release may have the same name in another namespace. */ -}}
{{- define "okta-role-operator.clusterName" -}}
{{- printf "%s.%s" (include "okta-role-operator.fullname" .) .Release.Namespace -}}
{{- end -}}

{{- /*
What is deployed, as a JSON list: of each part its name, its programs, its service account, and the label `component`
of its pods. Both programs are in the pods of one part, or each in those of its own.

The part with the webhook has the same name and the same pods' labels in both forms: Kubernetes then goes from one form
to the other as in any rolling update, where pods that answer people stay until others do, and the Service finds the
old ones and the new ones alike. A Deployment's selector can't be changed, so that its component is called as in the
first version, whatever is in the pods; what is in them, the labels rolemapping.dev/operator and /webhook say.
*/ -}}
{{- define "okta-role-operator.parts" -}}
{{- $name := include "okta-role-operator.fullname" . -}}
{{- $own := .Values.serviceAccount.create -}}
{{- if and (not $own) (not .Values.serviceAccount.name) -}}
{{- fail "serviceAccount.name: name the account that the pods run as, since serviceAccount.create is false. It won't be `default` by itself: whatever runs in the namespace would have its rights" -}}
{{- end -}}
{{- $account := default $name .Values.serviceAccount.name -}}
{{- $serving := dict "name" $name "component" "operator" "account" $account "programs" (list "operator" "webhook") -}}
{{- $parts := list $serving -}}
{{- if eq .Values.webhook.deployment "separate" -}}
{{- $other := printf "%s-operator" $name -}}
{{- if and (not $own) (not .Values.operator.serviceAccountName) -}}
{{- fail "operator.serviceAccountName: name the account that the operator's pods run as, since serviceAccount.create is false" -}}
{{- end -}}
{{- $otherAccount := default $other .Values.operator.serviceAccountName -}}
{{- if and $own (eq $account $otherAccount) -}}
{{- fail "operator.serviceAccountName: name another service account than the webhook's, since each has its own rights" -}}
{{- end -}}
{{- $_ := set $serving "programs" (list "webhook") -}}
{{- $parts = append $parts (dict "name" $other "component" "reconciler" "account" $otherAccount "programs" (list "operator")) -}}
{{- end -}}
{{- toJson $parts -}}
{{- end -}}

{{- define "okta-role-operator.sessionSecretName" -}}
{{- default (printf "%s-session-keys" (include "okta-role-operator.fullname" .)) .Values.sessionSecretName -}}
{{- end -}}

{{- define "okta-role-operator.loginPathsName" -}}
{{- include "okta-role-operator.fullname" . }}-login-paths
{{- end -}}

{{- define "okta-role-operator.metricsName" -}}
{{- include "okta-role-operator.fullname" . }}-metrics
{{- end -}}

{{- /* What pods of a release have and no others do. */ -}}
{{- define "okta-role-operator.releaseLabels" -}}
app.kubernetes.io/name: {{ include "okta-role-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- /* What the pods of a part have and no others do. Arguments: root, component. */ -}}
{{- define "okta-role-operator.selectorLabels" -}}
{{ include "okta-role-operator.releaseLabels" .root }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "okta-role-operator.labels" -}}
{{- $own := dict
  "app.kubernetes.io/name" (include "okta-role-operator.name" .)
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" (.Chart.AppVersion | replace "+" "_" | trunc 63 | trimSuffix "-")
  "app.kubernetes.io/managed-by" .Release.Service
  "app.kubernetes.io/part-of" "okta-role-operator"
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-") -}}
{{- merge $own .Values.commonLabels | toYaml -}}
{{- end -}}

{{- /* Where people's browsers reach the webhook. It is the one value that nobody can guess. */ -}}
{{- define "okta-role-operator.baseURL" -}}
{{- required "baseURL is required: where people's browsers reach the login webhook, as in --set baseURL=https://login.example.com" .Values.baseURL -}}
{{- end -}}

{{- define "okta-role-operator.host" -}}
{{- (urlParse (include "okta-role-operator.baseURL" .)).hostname -}}
{{- end -}}

{{- /* A global registry takes the place of the repository's own: what is before the first slash, when it looks like a host. */ -}}
{{- define "okta-role-operator.image" -}}
{{- $repository := .Values.image.repository -}}
{{- with .Values.global.imageRegistry -}}
{{- $repository = printf "%s/%s" (trimSuffix "/" .) (regexReplaceAll "^([^/]*[.:][^/]*|localhost)/" $repository "") -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* The chart's own and those that are shared, which some parent charts give as names. */ -}}
{{- define "okta-role-operator.imagePullSecrets" -}}
{{- $secrets := .Values.imagePullSecrets -}}
{{- range .Values.global.imagePullSecrets -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- with uniq $secrets -}}
imagePullSecrets:
{{ toYaml . | indent 2 }}
{{- end -}}
{{- end -}}

{{- /* The name of the port where people sign in, which says what is spoken there. */ -}}
{{- define "okta-role-operator.webhookPort" -}}
{{- ternary "https" "http" (ne .Values.webhook.tls.secretName "") -}}
{{- end -}}

{{- /* The namespaces to serve, as a JSON list; ["*"] for all. */ -}}
{{- define "okta-role-operator.watchNamespaces" -}}
{{- $namespaces := default (list .Release.Namespace) .Values.watchNamespaces -}}
{{- if and (has "*" $namespaces) (gt (len $namespaces) 1) -}}
{{- fail "watchNamespaces: \"*\" means all namespaces, so leave out the others" -}}
{{- end -}}
{{- toJson $namespaces -}}
{{- end -}}
