import type { ExecutionContext } from "ava";
import type { OktaRoleMapping, Organization } from "../../../crds/types.ts";
import { plainServer } from "../../kubernetes/plain-server.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";

export interface MappingGiven {
  groups?: OktaRoleMapping["spec"]["groups"];
  /** Field managers of its spec. */
  managers?: string[];
  uid?: string;
  version?: string;
  generation?: number;
}

/** A mapping as the API server has it, with who has written it. */
export function storedMapping(
  name: string,
  roles: string[],
  {
    groups = [{ name: "staff" }],
    managers = ["okta-role-console"],
    uid = `uid-of-${name}`,
    version = "1",
    generation = 1,
  }: MappingGiven = {},
): OktaRoleMapping {
  const managedFields = managers.map((manager) => ({
    manager,
    operation: "Apply",
    fieldsV1: { "f:spec": { "f:groups": {} } },
  }));
  const metadata = { namespace: "acme", name, uid, resourceVersion: version, generation, managedFields };
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OktaRoleMapping",
    metadata,
    spec: { organizationRef: { name: "acme" }, groups, roles },
  } as OktaRoleMapping;
}

/** Acme, where admins save. */
export function acmeThatSaves(roles: Organization["spec"]["roles"]): Organization {
  const { organization } = visitorOfAcme(roles);
  const metadata = { ...organization.metadata, uid: "uid-of-acme" };
  return { ...organization, metadata, spec: { ...organization.spec, console: { editMappings: true } } };
}

/** A server that answers what the test says that there is: it keeps nothing of what is written. */
export async function mappingsScene(t: ExecutionContext, roles: Organization["spec"]["roles"]) {
  const { state, requests, client } = await plainServer(t);
  const there: { organization: Organization | undefined; mappings: OktaRoleMapping[] } = {
    organization: acmeThatSaves(roles),
    mappings: [],
  };
  /** What was written: how, which mapping, which groups, and which object at which version it has to be. */
  const writes: unknown[] = [];
  /** Answers to the next writes; the others are done. */
  const answers: ([status: number, reason: string] | (() => void))[] = [];
  const failure = (code: number, reason: string): [number, object] => [
    code,
    { kind: "Status", status: "Failure", reason, message: `${reason} it is`, code },
  ];
  state.answer = ({ method, path, body }) => {
    const [kind = "", name] = path.split("/").slice(-(method === "GET" ? 1 : 2));
    if (method === "GET") {
      const isMappings = kind === "oktarolemappings";
      const items = isMappings ? there.mappings : [there.organization].filter((one) => one !== undefined);
      return [200, { kind: "List", metadata: { resourceVersion: "9" }, items }];
    }
    const { metadata, spec, preconditions } = body as Record<string, Record<string, unknown> | undefined>;
    writes.push(
      method === "DELETE"
        ? ["delete", name, preconditions]
        : ["apply", name, spec?.groups, { uid: metadata?.uid, resourceVersion: metadata?.resourceVersion }],
    );
    const answer = answers.shift();
    if (Array.isArray(answer)) return failure(...answer);
    answer?.();
    return [200, method === "DELETE" ? { kind: "Status", status: "Success" } : body];
  };
  return { client, there, writes, answers, requests };
}
