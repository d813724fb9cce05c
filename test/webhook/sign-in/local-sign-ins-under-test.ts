import { apiRequest } from "../../../dev/control-plane/api-request.ts";
import {
  type AuditRecord,
  type IdentityStore,
  resolveStoredAccess,
  type User,
} from "../../../identity/index.ts";
import { LocalSignIns, type LocalSignInsOptions } from "../../../webhook/sign-in/local-sign-ins.ts";
import { ServiceAccountKeys } from "../../../webhook/tokens/service-account-keys.ts";
import type { ClusterOfFile } from "../../cluster-of-file.ts";
import { ISSUER, policy } from "../../identity/an-account.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { InterruptedClient } from "../../kubernetes/interrupted-client.ts";
import { logLines } from "../../log-lines.ts";

const AUDIENCE = "https://login.example.com/login/acme";
const ACME = "team/acme";
const IN_FORCE = { issuer: ISSUER, policy, held: false, paused: false };

/** Sign-ins by tokens that the real API server makes and reviews, on accounts in memory, with all that they tell. */
export class LocalSignInsUnderTest {
  readonly store = new SimulatedStore();
  readonly client: InterruptedClient;
  readonly audit: AuditRecord[] = [];
  readonly events: object[] = [];
  readonly lines: Record<string, unknown>[];
  readonly #signIns: LocalSignIns;

  /** @param store what of the store is to be otherwise */
  constructor(
    { cluster, client }: ClusterOfFile,
    more: Partial<LocalSignInsOptions> = {},
    store: (of: SimulatedStore) => Partial<IdentityStore> = () => ({}),
  ) {
    this.client = new InterruptedClient(client);
    const { log, lines } = logLines();
    this.lines = lines;
    const { store: stored, audit, events } = this;
    this.#signIns = new LocalSignIns({
      client: this.client,
      keys: new ServiceAccountKeys({ client, log }),
      store: {
        findByServiceAccount: (...args) => stored.findByServiceAccount(...args),
        update: (...args) => stored.update(...args),
        fresh: (...args) => stored.fresh(...args),
        ...store(stored),
      },
      policies: { of: () => IN_FORCE },
      audit: { write: (records) => void audit.push(...records) },
      events: { record: (event) => void events.push(event) },
      log,
      namespace: cluster.namespace,
      failuresPerMinute: 3,
      ...more,
    });
  }

  /** A local account, as people write it. */
  written(name: string, more: Partial<User> = {}, organization = ACME): User {
    return this.store.makeLocal(organization, name, {
      serviceAccountName: "mia",
      localRoles: ["organization-admin"],
      ...more,
    });
  }

  /** The same, and the operator has decided on it. */
  account(name: string, more: Partial<User> = {}, organization = ACME): Promise<User> {
    const user = this.written(name, more, organization);
    return this.store.update(user, { access: resolveStoredAccess(user, IN_FORCE) });
  }

  complete(token: string, address = "192.0.2.1", organization = ACME): ReturnType<LocalSignIns["complete"]> {
    return this.#signIns.complete(organization, token, { audience: AUDIENCE, address });
  }

  /** Why a token signs nobody in, or "admitted". */
  async why(token: string, address?: string, organization?: string): Promise<string> {
    const result = await this.complete(token, address, organization);
    return result.kind === "refused" ? result.why : result.kind;
  }
}

/** A token of a service account of the file's namespace, which is made with it. @param pod what it is bound to */
export async function tokenOf(
  { cluster }: ClusterOfFile,
  serviceAccount = "mia",
  { audience = AUDIENCE, pod }: { audience?: string; pod?: string } = {},
): Promise<string> {
  await cluster.apply({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: serviceAccount } });
  const boundObjectRef =
    pod === undefined ? {} : { boundObjectRef: { apiVersion: "v1", kind: "Pod", name: pod } };
  const { status, body } = await apiRequest(
    cluster.controlPlane.admin,
    "POST",
    `/api/v1/namespaces/${cluster.namespace}/serviceaccounts/${serviceAccount}/token`,
    {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { audiences: [audience], ...boundObjectRef },
      },
    },
  );
  if (status !== 201) throw new Error(body);
  return JSON.parse(body).status.token;
}
