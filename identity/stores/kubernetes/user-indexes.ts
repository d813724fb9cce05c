import { indexKey, organizationOf } from "../../../crds/organization-key.ts";
import type { OrganizationUser } from "../../../crds/types.ts";

type Index = (user: OrganizationUser) => string[];

/** Whichever issuer vouches for them: after a change of it, a person may have an account of each. */
const subject: Index = (user) => {
  const { issuer, subject: sub } = user.spec;
  return issuer === undefined || sub === undefined ? [] : [indexKey(organizationOf(user), sub)];
};

const localEmail: Index = (user) =>
  user.spec.source === "Local" && user.spec.email !== undefined
    ? [indexKey(organizationOf(user), user.spec.email.toLowerCase())]
    : [];

const serviceAccount: Index = (user) =>
  user.spec.source === "Local" && user.spec.serviceAccountName !== undefined
    ? [indexKey(organizationOf(user), user.spec.serviceAccountName)]
    : [];

const organization: Index = (user) => [organizationOf(user)];

const group: Index = (user) => {
  const key = organizationOf(user);
  const labels = new Set<string>();
  for (const { name, id } of user.spec.groups ?? []) {
    if (name !== undefined) labels.add(name);
    if (id !== undefined) labels.add(id);
  }
  for (const { group, groupID } of user.status?.roles ?? []) {
    if (group !== undefined) labels.add(group);
    if (groupID !== undefined) labels.add(groupID);
  }
  return Array.from(labels, (label) => indexKey(key, label));
};

const mapping: Index = (user) => {
  const key = organizationOf(user);
  const names = new Set<string>();
  for (const grant of user.status?.roles ?? []) if (grant.mapping !== undefined) names.add(grant.mapping);
  return Array.from(names, (name) => indexKey(key, name));
};

/** The finders of the store as indexes of its cache. The operator wants all of them. */
export const userIndexes = {
  subject,
  localEmail,
  serviceAccount,
  organization,
  group,
  mapping,
} satisfies Record<string, Index>;

/** What signing in and checking sessions need: a webhook's cache is kept this small. */
export const signInIndexes = { subject, localEmail, serviceAccount, organization };
