{{- define "operator.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "operator.labels" -}}
{{ include "operator.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* The same for operators that look after the same namespaces, whatever their releases are called. */}}
{{- define "operator.lease" -}}
{{ .Chart.Name }}{{ with .Values.watchNamespaces }}-{{ join "," (sortAlpha .) | sha256sum | trunc 10 }}{{ end }}
{{- end }}

{{- /* Exactly what the operator asks the API server for. */}}
{{- define "operator.rules" -}}
- apiGroups: [tracedpipeline.dev]
  resources: [tracedpipelines]
  verbs: [get, list, watch]
- apiGroups: [tracedpipeline.dev]
  resources: [tracedpipelines/status]
  verbs: [patch]
# Owner references that block deletion are a right of their own where OwnerReferencesPermissionEnforcement is on.
- apiGroups: [tracedpipeline.dev]
  resources: [tracedpipelines/finalizers]
  verbs: [update]
- apiGroups: [apps]
  resources: [deployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [services, configmaps, serviceaccounts, persistentvolumeclaims]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [list, watch]
# Only the Secrets that a pipeline's spec names are read, with Strimzi its users' and its cluster CA's certificates, and
# the one that is created: with the key that the processes of a Flink cluster share.
- apiGroups: [""]
  resources: [secrets]
  verbs: [get, create]
- apiGroups: [networking.k8s.io]
  resources: [networkpolicies]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
# Where Strimzi is: a Kafka cluster that is used or made, the pipeline's topics and users in it.
- apiGroups: [kafka.strimzi.io]
  resources: [kafkas, kafkanodepools, kafkatopics, kafkausers]
  verbs: [get, list, watch, create, patch, delete]
# Where the Flink Kubernetes Operator is: its resource, and the role below for the JobManager that it starts. To bind
# that role is all; the rights in it are not the operator's own.
- apiGroups: [flink.apache.org]
  resources: [flinkdeployments]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [rolebindings]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [rbac.authorization.k8s.io]
  resources: [{{ if .Values.watchNamespaces }}roles{{ else }}clusterroles{{ end }}]
  resourceNames: [{{ .Release.Name }}-flink]
  verbs: [bind]
{{- end }}

{{- /* What a JobManager in native mode does: its TaskManagers' pods, its leader and its checkpoint pointer. */}}
{{- define "operator.flinkRules" -}}
- apiGroups: [""]
  resources: [pods, configmaps]
  verbs: [get, list, watch, create, update, patch, delete]
- apiGroups: [apps]
  resources: [deployments, deployments/finalizers]
  verbs: [get, list, watch, create, update, patch, delete]
{{- end }}
