// Kinds of others that the chart can make, for tests against their own CRDs: only these files are used, nothing is
// built. Another version: change it here and run `go mod download -json`.
module localhost/foreign-crds

go 1.26.0

require (
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.6.3
)
