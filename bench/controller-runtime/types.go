package main

import (
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "rolemapping.dev", Version: "v1alpha1"}

type reference struct {
	Name string `json:"name"`
}

type group struct {
	Name string `json:"name,omitempty"`
	ID   string `json:"id,omitempty"`
}

// OktaRoleMapping as far as the reconcile needs it, like the types that kubebuilder generates.
type OktaRoleMapping struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              mappingSpec   `json:"spec"`
	Status            mappingStatus `json:"status,omitempty"`
}

type mappingSpec struct {
	OrganizationRef reference `json:"organizationRef"`
	Groups          []group   `json:"groups"`
	Roles           []string  `json:"roles"`
}

type mappingStatus struct {
	ObservedGeneration int64              `json:"observedGeneration,omitempty"`
	Users              *userCounts        `json:"users,omitempty"`
	Conditions         []metav1.Condition `json:"conditions,omitempty"`
}

type userCounts struct {
	Assigned int `json:"assigned"`
}

type OktaRoleMappingList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OktaRoleMapping `json:"items"`
}

type Organization struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              organizationSpec `json:"spec"`
}

type organizationSpec struct {
	Roles []role `json:"roles"`
}

type role struct {
	Name string `json:"name"`
}

type OrganizationList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Organization `json:"items"`
}

type OrganizationUser struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Status            userStatus `json:"status,omitempty"`
}

type userStatus struct {
	State string     `json:"state,omitempty"`
	Roles []heldRole `json:"roles,omitempty"`
}

type heldRole struct {
	Name    string `json:"name"`
	Mapping string `json:"mapping,omitempty"`
}

type OrganizationUserList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OrganizationUser `json:"items"`
}

func (m *OktaRoleMapping) DeepCopyObject() runtime.Object {
	out := *m
	out.ObjectMeta = *m.ObjectMeta.DeepCopy()
	out.Spec.Groups = slices.Clone(m.Spec.Groups)
	out.Spec.Roles = slices.Clone(m.Spec.Roles)
	out.Status.Conditions = slices.Clone(m.Status.Conditions)
	if m.Status.Users != nil {
		users := *m.Status.Users
		out.Status.Users = &users
	}
	return &out
}

func (o *Organization) DeepCopyObject() runtime.Object {
	out := *o
	out.ObjectMeta = *o.ObjectMeta.DeepCopy()
	out.Spec.Roles = slices.Clone(o.Spec.Roles)
	return &out
}

func (u *OrganizationUser) DeepCopyObject() runtime.Object {
	out := *u
	out.ObjectMeta = *u.ObjectMeta.DeepCopy()
	out.Status.Roles = slices.Clone(u.Status.Roles)
	return &out
}

func (l *OktaRoleMappingList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = make([]OktaRoleMapping, len(l.Items))
	for i := range l.Items {
		out.Items[i] = *l.Items[i].DeepCopyObject().(*OktaRoleMapping)
	}
	return &out
}

func (l *OrganizationList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = make([]Organization, len(l.Items))
	for i := range l.Items {
		out.Items[i] = *l.Items[i].DeepCopyObject().(*Organization)
	}
	return &out
}

func (l *OrganizationUserList) DeepCopyObject() runtime.Object {
	out := *l
	out.Items = make([]OrganizationUser, len(l.Items))
	for i := range l.Items {
		out.Items[i] = *l.Items[i].DeepCopyObject().(*OrganizationUser)
	}
	return &out
}

func addToScheme(scheme *runtime.Scheme) {
	scheme.AddKnownTypes(groupVersion,
		&OktaRoleMapping{}, &OktaRoleMappingList{},
		&Organization{}, &OrganizationList{},
		&OrganizationUser{}, &OrganizationUserList{},
	)
	metav1.AddToGroupVersion(scheme, groupVersion)
}
