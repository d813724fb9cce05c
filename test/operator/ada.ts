import type { User } from "../../identity/index.ts";

/** Somebody who holds a role by one mapping. */
export const ADA: User = {
  ref: "access/ada",
  version: "1",
  uid: "u1",
  organization: "access/acme",
  source: "Okta",
  issuer: "https://acme.okta.com",
  subject: "00uada",
  groups: [{ name: "service_admin" }],
  localRoles: [],
  decided: true,
  sessionEpoch: 0,
  access: {
    active: true,
    grants: [{ role: "service-admin", mapping: "services", group: "service_admin" }],
    groups: ["service_admin"],
    reason: "MappedGroup",
    message: "In mapped groups: service_admin.",
  },
};
