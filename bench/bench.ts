import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { type ControlPlane, startControlPlane } from "../dev/control-plane/control-plane.ts";
import { installCrds } from "../dev/control-plane/install.ts";
import { installServiceAccount, SERVICE_ACCOUNT } from "../dev/control-plane/service-account.ts";
import { Tether } from "../dev/control-plane/tether.ts";
import type { OrganizationSeed } from "../dev/okta/index.ts";
import {
  type ImagePrograms,
  type ProductOptions,
  startOperator,
  startWebhook,
} from "../dev/quickstart/product.ts";
import { type Program, startProgram } from "../dev/quickstart/program.ts";
import { type Client, createClient, resourceType } from "../kubernetes/index.ts";
import { imagePrograms, withHeap } from "./image-programs.ts";
import type { PeerSettings } from "./peers/settings.ts";
import { Provider } from "./provider.ts";
import { Tenant } from "./tenant.ts";

const CLIENT_ID = "bench";
const CLIENT_SECRET = "bench-secret";
/** As many as it takes to fill the API server from one process. */
const CONNECTIONS = 32;

const namespaces = resourceType({
  group: "",
  version: "v1",
  kind: "Namespace",
  plural: "namespaces",
  namespaced: false,
});

export interface BenchOptions {
  /** A tenth of everything: to see that it works. */
  readonly quick: boolean;
  readonly say: (text: string) => void;
}

/** What all measurements share: a control plane, an OpenID provider, and tenants that keep what was made in them. */
export class Bench {
  readonly quick: boolean;
  readonly say: (text: string) => void;
  readonly controlPlane: ControlPlane;
  readonly tether: Tether;
  /** As the cluster's admin. */
  readonly admin: Client;
  readonly provider: Provider;
  /** What is measured: the programs as they are shipped. */
  readonly image: ImagePrograms;
  readonly #clients: Client[] = [];
  readonly #tenants = new Map<string, Promise<Tenant>>();
  readonly #running = new Set<Program>();

  private constructor(
    { quick, say }: BenchOptions,
    parts: Pick<Bench, "controlPlane" | "tether" | "admin" | "provider" | "image">,
  ) {
    this.quick = quick;
    this.say = say;
    this.controlPlane = parts.controlPlane;
    this.tether = parts.tether;
    this.admin = parts.admin;
    this.provider = parts.provider;
    this.image = parts.image;
    this.#clients.push(parts.admin);
  }

  /** Starts what is shared. What was started is stopped again when something goes wrong. */
  static async start(options: BenchOptions): Promise<Bench> {
    const controlPlane = await startControlPlane();
    const tether = await Tether.create();
    try {
      await installCrds(controlPlane);
      const admin = await clientOf(controlPlane.kubeconfig);
      const program = await startPeer(tether, "provider", {
        clientID: CLIENT_ID,
        clientSecret: CLIENT_SECRET,
      });
      const provider = new Provider(program, CLIENT_ID, CLIENT_SECRET);
      const image = await imagePrograms(join(tether.folder, "image"));
      return new Bench(options, { controlPlane, tether, admin, provider, image });
    } catch (error) {
      await tether.release();
      await controlPlane.stop();
      throw error;
    }
  }

  /** A tenth of a number in a quick run. */
  scaled(count: number): number {
    return this.quick ? Math.ceil(count / 10) : count;
  }

  /** The tenant of this name, with all that was made in it before. */
  tenant(name: string): Promise<Tenant> {
    let tenant = this.#tenants.get(name);
    if (!tenant) {
      tenant = this.#newTenant(`bench-${name}`);
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }

  /** @param heapMiB where the chart's memory limit doesn't do */
  async operator(tenant: Tenant, heapMiB?: number): Promise<Program> {
    // Nobody follows its links here.
    return this.#keep(await startOperator(this.#options(tenant, "operator", heapMiB), "http://localhost:1"));
  }

  /** As `operator`. */
  async webhook(tenant: Tenant, heapMiB?: number): Promise<Program> {
    const unlimited = ["--login-rate", "999999999"];
    const options = { ...this.#options(tenant, "webhook", heapMiB), flags: { webhook: unlimited } };
    return this.#keep(await startWebhook(options));
  }

  /** A program of `peers/`. @param suffix tells one from another that runs beside it */
  async peer(name: string, settings: PeerSettings = {}, suffix = ""): Promise<Program> {
    const { issuer, clientID, clientSecret } = this.provider;
    const all = { issuer, clientID, clientSecret, ...settings };
    return this.#keep(await startPeer(this.tether, name, all, suffix));
  }

  /**
   * A stand-in for Okta, controlled over HTTP.
   * @param seed as in dev/okta/acme.yaml
   */
  async okta(seed: OrganizationSeed, apiToken: string): Promise<Program> {
    const file = join(this.tether.folder, "okta.yaml");
    await writeFile(file, JSON.stringify(seed)); // JSON is YAML
    return this.#keep(
      await startProgram(this.tether, {
        name: "okta",
        file: "dev/okta/main.ts",
        args: ["--file", file, "--control", "--api-token", apiToken],
        logFile: join(this.tether.folder, "okta.log"),
      }),
    );
  }

  /** Ends a program that one of these methods has started. */
  async end(...programs: readonly Program[]): Promise<void> {
    await Promise.all(programs.map((program) => program.stop()));
    for (const program of programs) this.#running.delete(program);
  }

  /** Ends everything, and leaves nothing behind. */
  async stop(): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.stop()));
    await this.provider.stop();
    await Promise.all(this.#clients.map((client) => client.close()));
    await this.tether.release();
    await this.controlPlane.stop();
  }

  async #newTenant(namespace: string): Promise<Tenant> {
    const { controlPlane, admin, provider } = this;
    await admin.create(namespaces, { metadata: { name: namespace } });
    await installServiceAccount(controlPlane, namespace);
    const kubeconfig = await controlPlane.serviceAccountKubeconfig(namespace, SERVICE_ACCOUNT);
    const product = await clientOf(kubeconfig);
    this.#clients.push(product);
    const { issuer, clientID, clientSecret } = provider;
    const tenant = new Tenant({ namespace, kubeconfig, admin, product, issuer, clientID, clientSecret });
    await tenant.createOrganization();
    return tenant;
  }

  #options({ namespace, kubeconfig }: Tenant, name: string, heapMiB?: number): ProductOptions {
    const suffix = `-${namespace}-${name}-${this.#started++}`;
    const { tether } = this;
    const image = heapMiB === undefined ? this.image : withHeap(this.image, heapMiB);
    return { tether, image, suffix, kubeconfig, namespace, folder: tether.folder, port: 0 };
  }

  #started = 0;

  #keep(program: Program): Program {
    this.#running.add(program);
    return program;
  }
}

function clientOf(kubeconfig: string): Promise<Client> {
  const log = pino({ level: "silent" });
  return createClient({ kubeconfig, userAgent: "bench", connections: CONNECTIONS, log });
}

function startPeer(tether: Tether, name: string, settings: PeerSettings, suffix = ""): Promise<Program> {
  return startProgram(tether, {
    name: `peer-${name}${suffix}`,
    file: `bench/peers/${name}.ts`,
    args: [JSON.stringify(settings)],
    logFile: join(tether.folder, `${name}${suffix}.log`),
  });
}
