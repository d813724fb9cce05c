{{- /*
The rules under rbac/ are the one source of what each program may do. They are written for the case that everything is
in one namespace; here they are divided between the release's own namespace and the watched ones, and what may be
narrowed to names is narrowed.
*/ -}}

{{- /* The rules of some programs, as a YAML list. Arguments: root, programs. */ -}}
{{- define "okta-role-operator.rules" -}}
{{- $rules := list -}}
{{- range .programs -}}
{{- $rules = concat $rules ($.root.Files.Get (printf "rbac/%s.yaml" .) | fromYamlArray) -}}
{{- end -}}
{{- if and (has "webhook" .programs) .root.Values.console.editMappings -}}
{{- $rules = concat $rules (.root.Files.Get "rbac/console.yaml" | fromYamlArray) -}}
{{- end -}}
{{- uniq $rules | toYaml -}}
{{- end -}}

{{- /* The Secrets that Organizations may refer to, as a JSON list: those that were named, and those of `organizations`. */ -}}
{{- define "okta-role-operator.secretNames" -}}
{{- $names := .Values.secretNames -}}
{{- range .Values.organizations -}}
{{- $okta := .spec.okta -}}
{{- $refs := list $okta.clientSecretRef $okta.privateKeyRef -}}
{{- with $okta.directory -}}{{- $refs = concat $refs (list .privateKeyRef .apiTokenRef) -}}{{- end -}}
{{- with $okta.eventHook -}}{{- $refs = concat $refs (list .secretRef .previousSecretRef) -}}{{- end -}}
{{- range compact $refs -}}{{- $names = append $names .name -}}{{- end -}}
{{- end -}}
{{- if has "*" $names -}}{{- $names = list "*" -}}{{- end -}}
{{- $names | uniq | sortAlpha | toJson -}}
{{- end -}}

{{- /*
What an account may do in its own namespace, watched or not: the lease, the keys of sessions, login paths. No Events:
these are about what is in watched namespaces, and are there. Arguments: root, programs.
*/ -}}
{{- define "okta-role-operator.ownRules" -}}
{{- $session := include "okta-role-operator.sessionSecretName" .root -}}
{{- $rules := list -}}
{{- range include "okta-role-operator.rules" . | fromYamlArray -}}
{{- if and (has "coordination.k8s.io" .apiGroups) .resourceNames -}}
{{- $rules = append $rules (merge (dict "resourceNames" (list (include "okta-role-operator.fullname" $.root))) .) -}}
{{- else if has "coordination.k8s.io" .apiGroups -}}
{{- $rules = append $rules . -}}
{{- else if and (has "configmaps" .resources) .resourceNames -}}
{{- $rules = append $rules (merge (dict "resourceNames" (list (include "okta-role-operator.loginPathsName" $.root))) .) -}}
{{- else if has "configmaps" .resources -}}
{{- $rules = append $rules . -}}
{{- else if and (has "secrets" .resources) .resourceNames -}}
{{- $rules = append $rules (merge (dict "resourceNames" (list $session) "verbs" (prepend (without .verbs "get") "get")) .) -}}
{{- else if and (has "secrets" .resources) (has "create" .verbs) -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{- /* What an account may do in a namespace because it serves it. Arguments: root, programs. */ -}}
{{- define "okta-role-operator.watchedRules" -}}
{{- $names := include "okta-role-operator.secretNames" .root | fromJsonArray -}}
{{- $rules := list -}}
{{- range include "okta-role-operator.rules" . | fromYamlArray -}}
{{- if or (has "rolemapping.dev" .apiGroups) (has "events.k8s.io" .apiGroups) -}}
{{- $rules = append $rules . -}}
{{- else if and (has "secrets" .resources) (not .resourceNames) (has "get" .verbs) -}}
{{- if has "*" $names -}}
{{- $rules = append $rules . -}}
{{- else if $names -}}
{{- $rules = append $rules (merge (dict "resourceNames" $names) .) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{- /* A Role, or a ClusterRole where no namespace is given, and its binding. Arguments: root, name, account, namespace, rules. */ -}}
{{- define "okta-role-operator.role" }}
{{- $kind := ternary "Role" "ClusterRole" (hasKey . "namespace") }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "okta-role-operator.labels" .root | nindent 4 }}
rules:
  {{- toYaml .rules | nindent 2 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name | quote }}
  {{- with .namespace }}
  namespace: {{ . | quote }}
  {{- end }}
  labels:
    {{- include "okta-role-operator.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name | quote }}
subjects:
  - kind: ServiceAccount
    name: {{ .account | quote }}
    namespace: {{ .root.Release.Namespace | quote }}
{{- end }}
