import type { ExecutionContext } from "ava";
import { organizationUsers } from "../../../crds/resources.ts";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import type { Client, EventToRecord } from "../../../kubernetes/index.ts";
import { RoleMappings } from "../../../webhook/console/role-mappings.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import type { FaultServer } from "../../kubernetes/fault-server.ts";
import { logLines } from "../../log-lines.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";
import { stays } from "./role-mappings-scene.ts";

/** What a form has, by role. */
export type Form = Readonly<Record<string, string>>;

/**
 * What the page does, by itself, on a cluster, for Mia, who looks at Acme as it is now.
 * @param through what is done in place of one of the client's own calls
 * @param faults what goes wrong between the page and the API server
 */
export async function roleMappingsOnCluster(
  t: ExecutionContext,
  {
    through = () => ({}),
    faults,
  }: { through?: (client: Client) => Partial<Client>; faults?: FaultServer } = {},
) {
  const rights = await chartRights(undefined, { editMappings: true });
  const underTest = await webhookUnderTest(t, { rights, ...(faults && { faults }) });
  await underTest.applyAcme({ spec: { console: { editMappings: true } } });
  const { client, webhook, cluster } = underTest;
  const store = new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
  const { log, lines } = logLines();
  const events: EventToRecord[] = [];
  const page = (instead: Partial<Client>): RoleMappings =>
    new RoleMappings({
      client: {
        pages: (type, options) => client.pages(type, options),
        apply: (type, intent, options) => client.apply(type, intent, options),
        delete: (type, name, options) => client.delete(type, name, options),
        ...instead,
      },
      store,
      counts: { activeFromOkta: () => 0, deactivatedSince: () => 0 },
      localAdmins: { canGetIn: () => true },
      events: { record: (event) => events.push(event) },
      log,
    });
  const [roleMappings, elsewhere] = [page(through(client)), page({})];
  const organization = webhook.caches.organizations.get(`${cluster.namespace}/acme`);
  if (!organization) throw new Error("Acme isn't known");
  const user = {
    ref: `${cluster.namespace}/mia`,
    version: "1",
    uid: "u",
    organization: `${cluster.namespace}/acme`,
    source: "Local",
    groups: [],
    localRoles: ["organization-admin"],
    decided: true,
    sessionEpoch: 0,
  } as const;
  const visitor: Visitor = { user, organization, roles: [], isAdmin: true, isLocal: true, expiresAt: 0 };
  /** Previews at one replica or another. @returns what saves just that */
  const previewed = async (form: Form, at = roleMappings) => {
    const filledIn = new Map(Object.entries(form));
    const { hash, takesOwnAdminRole } = await at.preview(visitor, filledIn);
    return () => at.save(visitor, filledIn, { hash, takesOwnAdminRole }, stays);
  };
  const save = async (form: Form, at = roleMappings) => (await previewed(form, at))();
  /** The groups that the mapping of a role has. */
  const groups = async (role: string) => {
    const { fields } = await elsewhere.desk(visitor);
    return fields.find((field) => field.role.name === role)?.groups.map(({ name }) => name);
  };
  /** What has been audited, each as "action role". */
  const audited = () => lines.filter(({ audit }) => audit).map(({ action, role }) => `${action} ${role}`);
  return { ...underTest, roleMappings, elsewhere, visitor, previewed, save, groups, audited, lines, events };
}
