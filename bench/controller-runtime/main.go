// The reconcile of OktaRoleMappings as one would write it in Go with controller-runtime: the same checks, the same
// status, written by server-side apply where it differs. What the operator does besides (policies, users, Events,
// organizations) isn't here, so the comparison leans towards this one.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	mappingField = "mapping"
	fieldOwner   = "controller-runtime"
)

type reconciler struct {
	client.Client
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	mapping := &OktaRoleMapping{}
	if err := r.Get(ctx, request.NamespacedName, mapping); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	organization := &Organization{}
	key := client.ObjectKey{Namespace: mapping.Namespace, Name: mapping.Spec.OrganizationRef.Name}
	if err := r.Get(ctx, key, organization); apierrors.IsNotFound(err) {
		organization = nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	users := &OrganizationUserList{}
	if err := r.List(ctx, users, client.InNamespace(mapping.Namespace), client.MatchingFields{mappingField: mapping.Name}); err != nil {
		return ctrl.Result{}, err
	}
	assigned := 0
	for _, user := range users.Items {
		if user.Status.State == "Active" {
			assigned++
		}
	}

	checks := []metav1.Condition{organizationResolved(mapping, organization), rolesResolved(mapping, organization), {
		Type: "GroupsResolved", Status: metav1.ConditionUnknown, Reason: "NoDirectory",
		Message: "Without okta.directory the groups can't be looked up: they are matched by name at sign-in.",
	}}
	desired := mappingStatus{
		ObservedGeneration: mapping.Generation,
		Users:              &userCounts{Assigned: assigned},
		Conditions:         slices.Clone(mapping.Status.Conditions),
	}
	changed := mapping.Status.ObservedGeneration != desired.ObservedGeneration ||
		mapping.Status.Users == nil || *mapping.Status.Users != *desired.Users
	for _, condition := range append(checks, ready(checks)) {
		condition.ObservedGeneration = mapping.Generation
		changed = meta.SetStatusCondition(&desired.Conditions, condition) || changed
	}
	if !changed {
		return ctrl.Result{}, nil
	}
	return ctrl.Result{}, r.apply(ctx, mapping, desired)
}

func (r *reconciler) apply(ctx context.Context, mapping *OktaRoleMapping, desired mappingStatus) error {
	status, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&desired)
	if err != nil {
		return err
	}
	object := &unstructured.Unstructured{Object: map[string]any{"status": status}}
	object.SetGroupVersionKind(groupVersion.WithKind("OktaRoleMapping"))
	object.SetNamespace(mapping.Namespace)
	object.SetName(mapping.Name)
	object.SetUID(mapping.UID)
	err = r.Status().Apply(ctx, client.ApplyConfigurationFromUnstructured(object), client.FieldOwner(fieldOwner), client.ForceOwnership)
	return client.IgnoreNotFound(err)
}

func organizationResolved(mapping *OktaRoleMapping, organization *Organization) metav1.Condition {
	name := mapping.Spec.OrganizationRef.Name
	if organization == nil {
		return metav1.Condition{
			Type: "OrganizationResolved", Status: metav1.ConditionFalse, Reason: "OrganizationNotFound",
			Message: fmt.Sprintf("There is no organization %s in this namespace: create it, or correct spec.organizationRef.", name),
		}
	}
	return metav1.Condition{
		Type: "OrganizationResolved", Status: metav1.ConditionTrue, Reason: "Found",
		Message: fmt.Sprintf("The organization %s was found.", name),
	}
}

func rolesResolved(mapping *OktaRoleMapping, organization *Organization) metav1.Condition {
	if organization == nil {
		return metav1.Condition{
			Type: "RolesResolved", Status: metav1.ConditionUnknown, Reason: "OrganizationNotFound",
			Message: "Roles are looked up in the organization.",
		}
	}
	catalogue := map[string]bool{}
	for _, role := range organization.Spec.Roles {
		catalogue[role.Name] = true
	}
	unknown := slices.DeleteFunc(slices.Clone(mapping.Spec.Roles), func(name string) bool { return catalogue[name] })
	if len(unknown) > 0 {
		return metav1.Condition{
			Type: "RolesResolved", Status: metav1.ConditionFalse, Reason: "UnknownRole",
			Message: strings.Join(unknown, ", ") + " not in the catalogue.",
		}
	}
	return metav1.Condition{
		Type: "RolesResolved", Status: metav1.ConditionTrue, Reason: "Found",
		Message: "All roles are in the organization's catalogue.",
	}
}

func ready(checks []metav1.Condition) metav1.Condition {
	for _, check := range checks {
		if check.Status == metav1.ConditionFalse {
			return metav1.Condition{Type: "Ready", Status: check.Status, Reason: check.Reason, Message: check.Message}
		}
	}
	return metav1.Condition{
		Type: "Ready", Status: metav1.ConditionTrue, Reason: "Accepted",
		Message: "People in these groups hold these roles.",
	}
}

func main() {
	kubeconfig := flag.String("bench-kubeconfig", "", "path of a kubeconfig")
	namespace := flag.String("namespace", "", "the namespace to watch")
	workers := flag.Int("workers", 32, "reconciles at once")
	flag.Parse()
	log.SetLogger(zap.New())
	if err := run(*kubeconfig, *namespace, *workers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(kubeconfig, namespace string, workers int) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS = -1 // no limit
	scheme := runtime.NewScheme()
	addToScheme(scheme)
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:         scheme,
		Metrics:        metricsserver.Options{BindAddress: "0"},
		LeaderElection: true,
		// The name that the service account may use.
		LeaderElectionID:              "okta-role-operator",
		LeaderElectionNamespace:       namespace,
		LeaderElectionReleaseOnCancel: true,
		Cache: cache.Options{
			DefaultNamespaces: map[string]cache.Config{namespace: {}},
			DefaultTransform:  cache.TransformStripManagedFields(),
		},
	})
	if err != nil {
		return err
	}
	ctx := ctrl.SetupSignalHandler()
	err = manager.GetFieldIndexer().IndexField(ctx, &OrganizationUser{}, mappingField, func(object client.Object) []string {
		var names []string
		for _, held := range object.(*OrganizationUser).Status.Roles {
			if held.Mapping != "" && !slices.Contains(names, held.Mapping) {
				names = append(names, held.Mapping)
			}
		}
		return names
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).
		For(&OktaRoleMapping{}).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers}).
		Complete(&reconciler{manager.GetClient()})
	if err != nil {
		return err
	}
	fmt.Printf("{\"msg\":\"listening\",\"pid\":%d,\"time\":%d}\n", os.Getpid(), time.Now().UnixMilli())
	return manager.Start(ctx)
}
