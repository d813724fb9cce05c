import type { Request } from "express";
import type { Organization } from "../../crds/types.ts";
import type { Organizations } from "../organizations.ts";
import type { Caller } from "./caller.ts";
import { NotAllowedError, NotThereError } from "./refusals.ts";

/** What names of objects are made of (Kubernetes, "Object Names and IDs"): nothing else is asked about. */
const NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The organization that a question is about, as its address has it. Whether there is one isn't known yet. */
export interface AskedAbout {
  readonly namespace: string;
  readonly name: string;
}

/** @throws NotThereError for what can't be the name of anything */
export function askedAbout(req: Request): AskedAbout {
  const { namespace, name } = req.params;
  if (!isName(namespace) || !isName(name))
    throw new NotThereError("not-found", "No namespace and no organization can have such a name.");
  return { namespace, name };
}

/** The account that a question is about. @throws NotThereError for what can't be the name of anything */
export function idAskedAbout(id: unknown): string {
  if (!isName(id)) throw new NotThereError("user-not-found", NO_SUCH_USER);
  return id;
}

export const NO_SUCH_USER =
  "This organization has no user of this id. It is the name of the account in Kubernetes, not an email.";

function isName(value: unknown): value is string {
  return typeof value === "string" && NAME.test(value);
}

/**
 * Lets go on who may read all users of an organization. It comes before anything is looked up: whoever may not learns
 * nothing of what there is.
 * @throws NotAllowedError
 */
export async function allowedToList(caller: Caller, { namespace }: AskedAbout): Promise<void> {
  if (caller.kind === "session") allowedAsAdmin(caller);
  else if (!(await caller.mayList(namespace)))
    throw withoutRight(caller, "list", `in the namespace ${namespace}`);
}

/** Lets go on who may read one user. @throws NotAllowedError */
export async function allowedToGet(caller: Caller, { namespace }: AskedAbout, id: string): Promise<void> {
  if (caller.kind === "session") allowedAsAdmin(caller);
  else if (!(await caller.mayGet(namespace, id)))
    throw withoutRight(caller, "get", `${id} in the namespace ${namespace}`);
}

function allowedAsAdmin(caller: Extract<Caller, { kind: "session" }>): void {
  if (!caller.visitor.isAdmin)
    throw new NotAllowedError(
      "not-an-administrator",
      "Only who holds a role that administers this organization reads its users. Of yourself you are told at .../me and .../explain.",
    );
}

function withoutRight({ name }: Caller, verb: "get" | "list", what: string): NotAllowedError {
  return new NotAllowedError(
    "right-missing",
    `The ${name} may not ${verb} organizationusers.rolemapping.dev ${what}. For administrators: bind a Role that allows it to this account, ` +
      "such as the chart's ClusterRole whose name ends with -view, by a RoleBinding there.",
  );
}

/** @throws NotThereError; NamespaceUnreadableError when nobody can say */
export function servedOrganization(
  organizations: Pick<Organizations, "served">,
  { namespace, name }: AskedAbout,
): Organization {
  const organization = organizations.served(namespace, name);
  if (!organization)
    throw new NotThereError(
      "organization-not-found",
      `There is no Organization ${name} in the namespace ${namespace}, or this service doesn't watch that namespace.`,
    );
  return organization;
}
