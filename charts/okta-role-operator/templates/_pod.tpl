{{- /* The flags that both programs have. --namespace comes from POD_NAMESPACE. */ -}}
{{- define "okta-role-operator.commonFlags" -}}
- {{ printf "--base-url=%s" (include "okta-role-operator.baseURL" .) | quote }}
- --watch-namespaces={{ include "okta-role-operator.watchNamespaces" . | fromJsonArray | join "," }}
- --log-level={{ .Values.logLevel }}
- {{ printf "--lease=%s" (include "okta-role-operator.fullname" .) | quote }}
- {{ printf "--login-paths=%s" (include "okta-role-operator.loginPathsName" .) | quote }}
{{- $bound := list }}
{{- range $namespace, $prefixes := .Values.loginPaths.prefixes }}
{{- range $prefixes }}{{ $bound = append $bound (printf "%s=%s" $namespace .) }}{{ end }}
{{- end }}
{{- with $bound }}
- {{ printf "--login-path-prefixes=%s" (join "," .) | quote }}
{{- end }}
{{- if not .Values.rbac.tokenReviews }}
- --token-reviews=no
{{- end }}
- --okta-addresses={{ .Values.okta.addresses | join "," }}
{{- with .Values.okta.hosts }}
- {{ printf "--okta-hosts=%s" (join "," .) | quote }}
{{- end }}
{{- end -}}

{{- /* Behind the chart's own Ingress or HTTPRoute there is one proxy, or everybody would be one client to the limits. */ -}}
{{- define "okta-role-operator.trustedProxies" -}}
{{- $said := toString .Values.trustedProxies -}}
{{- if ne $said "" -}}
{{- $said -}}
{{- else if or .Values.ingress.enabled .Values.httpRoute.enabled -}}
1
{{- end -}}
{{- end -}}

{{- define "okta-role-operator.env" -}}
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      apiVersion: v1
      fieldPath: metadata.namespace
{{- if or .Values.trustedCertificates.configMapName .Values.trustedCertificates.secretName }}
- name: OKTA_ROLE_TRUSTED_CERTIFICATES
  value: /etc/okta-role-operator/certificates/{{ .Values.trustedCertificates.key }}
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "okta-role-operator.volumeMounts" -}}
- name: service-account
  mountPath: /var/run/secrets/kubernetes.io/serviceaccount
  readOnly: true
{{- if or .Values.trustedCertificates.configMapName .Values.trustedCertificates.secretName }}
- name: certificates
  mountPath: /etc/okta-role-operator/certificates
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* The token is mounted here and not by Kubernetes, so that its lifetime is ours and no other container gets it. */ -}}
{{- define "okta-role-operator.volumes" -}}
- name: service-account
  projected:
    defaultMode: 0444
    sources:
      - serviceAccountToken:
          path: token
          expirationSeconds: {{ .Values.serviceAccount.tokenExpirationSeconds }}
      - configMap:
          name: kube-root-ca.crt
          items:
            - key: ca.crt
              path: ca.crt
      - downwardAPI:
          items:
            - path: namespace
              fieldRef:
                apiVersion: v1
                fieldPath: metadata.namespace
{{- with .Values.trustedCertificates }}
{{- if and .configMapName .secretName }}
{{- fail "trustedCertificates: name a ConfigMap or a Secret, not both" }}
{{- else if .configMapName }}
- name: certificates
  configMap:
    name: {{ .configMapName | quote }}
    defaultMode: 0444
    items:
      - key: {{ .key | quote }}
        path: {{ .key | quote }}
{{- else if .secretName }}
- name: certificates
  secret:
    secretName: {{ .secretName | quote }}
    defaultMode: 0444
    items:
      - key: {{ .key | quote }}
        path: {{ .key | quote }}
{{- end }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- /* A probe. Arguments: root, port; path; timings: the chart's, which those of the values are laid over. */ -}}
{{- define "okta-role-operator.probe" -}}
httpGet:
  path: {{ .path }}
  port: {{ .port }}
{{ merge (dict) .values .timings | toYaml }}
{{- end -}}

{{- /*
Ready: has read everything once, and the API server answers. Live: work progresses. Arguments: root, port (its name).
*/ -}}
{{- define "okta-role-operator.probes" -}}
{{- $timings := dict "periodSeconds" 1 "timeoutSeconds" 2 "failureThreshold" 60 -}}
startupProbe:
  {{- include "okta-role-operator.probe" (merge (dict "path" "/livez" "values" .root.Values.probes.startup "timings" $timings) .) | nindent 2 }}
{{- $timings = dict "periodSeconds" 2 "timeoutSeconds" 2 "failureThreshold" 3 }}
readinessProbe:
  {{- include "okta-role-operator.probe" (merge (dict "path" "/readyz" "values" .root.Values.probes.readiness "timings" $timings) .) | nindent 2 }}
{{ include "okta-role-operator.livenessProbe" . }}
{{- end -}}

{{- /*
A pod is ready when all of its containers are, so that an operator that isn't would take the webhook beside it away from
people. So it is asked once whether it is ready, when it starts: an update doesn't go on with one that never gets there.
Afterwards its metrics and alerts tell. It is given ten minutes, after which Kubernetes forgets earlier restarts: while
the API server is away, pauses between restarts don't grow. Arguments: root, port.
*/ -}}
{{- define "okta-role-operator.probesBesideTheWebhook" -}}
{{- $timings := dict "periodSeconds" 1 "timeoutSeconds" 2 "failureThreshold" 600 -}}
startupProbe:
  {{- include "okta-role-operator.probe" (merge (dict "path" "/readyz" "values" .root.Values.probes.startup "timings" $timings) .) | nindent 2 }}
{{ include "okta-role-operator.livenessProbe" . }}
{{- end -}}

{{- define "okta-role-operator.livenessProbe" -}}
{{- $timings := dict "periodSeconds" 10 "timeoutSeconds" 5 "failureThreshold" 3 -}}
livenessProbe:
  {{- include "okta-role-operator.probe" (merge (dict "path" "/livez" "values" .root.Values.probes.liveness "timings" $timings) .) | nindent 2 }}
{{- end -}}
