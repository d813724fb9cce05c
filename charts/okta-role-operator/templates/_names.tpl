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

{{- define "okta-role-operator.serviceAccountName" -}}
{{- default (ternary (include "okta-role-operator.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
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

{{- define "okta-role-operator.selectorLabels" -}}
app.kubernetes.io/name: {{ include "okta-role-operator.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: operator
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

{{- define "okta-role-operator.image" -}}
{{- $image := printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- if .Values.image.digest -}}
{{- $image = printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- end -}}
{{- $image -}}
{{- end -}}

{{- /* The namespaces to serve, as a JSON list; ["*"] for all. */ -}}
{{- define "okta-role-operator.watchNamespaces" -}}
{{- $namespaces := default (list .Release.Namespace) .Values.watchNamespaces -}}
{{- if and (has "*" $namespaces) (gt (len $namespaces) 1) -}}
{{- fail "watchNamespaces: \"*\" means all namespaces, so leave out the others" -}}
{{- end -}}
{{- toJson $namespaces -}}
{{- end -}}
