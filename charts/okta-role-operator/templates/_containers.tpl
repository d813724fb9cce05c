{{- /* The operator's container. Arguments: root; together: whether the webhook is in the same pod. */ -}}
{{- define "okta-role-operator.operatorContainer" -}}
{{- $root := .root -}}
{{- $together := .together -}}
{{- with $root -}}
- name: operator
  image: {{ include "okta-role-operator.image" . | quote }}
  {{- with .Values.image.pullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  # To the image's ENTRYPOINT, which has Node's flags for the heap.
  args:
    - operator.js
    {{- include "okta-role-operator.commonFlags" . | nindent 4 }}
    - --login-paths-per-namespace={{ int64 .Values.loginPaths.perNamespace }}
    - --login-path-retention={{ int64 .Values.loginPaths.retentionHours }}
    - --health-port=8081
  env:
    {{- include "okta-role-operator.env" . | nindent 4 }}
  ports:
    - name: operator-health
      containerPort: 8081
      protocol: TCP
  {{- if $together }}
  {{- include "okta-role-operator.probesBesideTheWebhook" (dict "root" . "port" "operator-health") | nindent 2 }}
  {{- else }}
  {{- include "okta-role-operator.probes" (dict "root" . "port" "operator-health") | nindent 2 }}
  {{- end }}
  {{- with .Values.operator.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- include "okta-role-operator.volumeMounts" . | nindent 4 }}
{{- end -}}
{{- end -}}

{{- /* The webhook's container. Arguments: root. */ -}}
{{- define "okta-role-operator.webhookContainer" -}}
{{- with .root -}}
- name: webhook
  image: {{ include "okta-role-operator.image" . | quote }}
  {{- with .Values.image.pullPolicy }}
  imagePullPolicy: {{ . }}
  {{- end }}
  args:
    - webhook.js
    {{- include "okta-role-operator.commonFlags" . | nindent 4 }}
    - --port=8080
    {{- if .Values.webhook.tls.secretName }}
    - --tls-cert=/etc/okta-role-operator/tls/tls.crt
    - --tls-key=/etc/okta-role-operator/tls/tls.key
    {{- end }}
    - --health-port=8082
    - {{ printf "--session-secret=%s" (include "okta-role-operator.sessionSecretName" .) | quote }}
    {{- with .Values.applicationHosts }}
    - {{ printf "--application-hosts=%s" (join "," .) | quote }}
    {{- end }}
    {{- with .Values.cookieDomain }}
    - {{ printf "--cookie-domain=%s" . | quote }}
    {{- end }}
    {{- with include "okta-role-operator.trustedProxies" . }}
    - {{ printf "--trusted-proxies=%s" . | quote }}
    {{- end }}
  env:
    {{- include "okta-role-operator.env" . | nindent 4 }}
  ports:
    - name: {{ include "okta-role-operator.webhookPort" . }}
      containerPort: 8080
      protocol: TCP
    - name: webhook-health
      containerPort: 8082
      protocol: TCP
  {{- include "okta-role-operator.probes" (dict "root" . "port" "webhook-health") | nindent 2 }}
  lifecycle:
    preStop:
      # Endpoints and proxies hear of the end later than the container does.
      sleep:
        seconds: {{ .Values.webhook.drainSeconds }}
  {{- with .Values.webhook.resources }}
  resources:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.securityContext }}
  securityContext:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  volumeMounts:
    {{- if .Values.webhook.tls.secretName }}
    - name: tls
      mountPath: /etc/okta-role-operator/tls
      readOnly: true
    {{- end }}
    {{- include "okta-role-operator.volumeMounts" . | nindent 4 }}
{{- end -}}
{{- end -}}
