import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { type Logger, pino } from "pino";
import { Calls } from "./calls.ts";
import type { Clock } from "./directory/clock.ts";
import { Directory } from "./directory/directory.ts";
import { randomId } from "./directory/okta-ids.ts";
import { SystemLog } from "./directory/system-log.ts";
import { EventHooks } from "./event-hooks/event-hooks.ts";
import { type Endpoint, endpoints, Faults, type Misbehaving, type Misbehaviour } from "./faults.ts";
import { createApp } from "./http.ts";
import type { AlterIdToken } from "./oauth/altered-id-token.ts";
import { Apps } from "./oauth/apps.ts";
import { AuthorizationServer } from "./oauth/authorization-server.ts";
import { keptSigningKey, newSigningKey, type SigningKey } from "./oauth/keys.ts";
import type { OAuthContext } from "./oauth/server-description.ts";
import { Storage } from "./oauth/storage.ts";
import {
  type App,
  type AppSeed,
  type Organization,
  type OrganizationSeed,
  organizationSeed,
  parseSeed,
  SeedError,
} from "./seed.ts";

export interface OktaOptions extends OrganizationSeed {
  /** 0 or undefined: a free one. */
  port?: number;
  /** The address to listen on. Default: 127.0.0.1. */
  host?: string;
  /** The organization's URL, where it isn't the address listened on: behind a Service or a proxy, say. */
  url?: string;
  /** With these it speaks https. PEM. */
  tls?: { cert: string; key: string };
  /** Signing keys by authorization server ("org", "default", ...); default: made once per process. */
  signingKeys?: Record<string, SigningKey>;
  /** Serves /stand-in, by which misbehaviours and apps are controlled over HTTP with an API token. */
  control?: boolean;
  log?: Logger;
  now?: Clock;
}

/** What may be changed while it runs. */
export type Settings = Pick<
  Organization,
  | "organization"
  | "emptyGroupsClaim"
  | "manyGroups"
  | "issuerParameter"
  | "readLagMs"
  | "hiddenGroups"
  | "eventDelivery"
  | "rateLimits"
>;

export interface OktaStandIn {
  /** The organization's URL, which is the org authorization server's issuer. */
  readonly url: string;
  /** Where it listens, which differs from `url` behind a proxy. */
  readonly address: string;
  /** An API token for `Authorization: SSWS`: the first seeded one, else one of its own. */
  readonly apiToken: string;
  readonly directory: Directory;
  readonly eventHooks: EventHooks;
  readonly settings: Settings;
  /** How many requests came to each endpoint. */
  readonly requests: Readonly<Record<Endpoint, number>>;
  /** Each call by a program: when, what, and how much of the rate limit is used with it. */
  readonly calls: Calls;
  /** Sees every ID token before it is answered, and may change it. */
  alterIdToken: AlterIdToken | undefined;
  /** The issuer of the org server, or of the custom server of this id. */
  issuer(server?: string): string;
  /** The password of somebody, for scripted sign-ins. */
  passwordOf(username: string): string | undefined;
  saveApp(app: AppSeed): App;
  removeApp(clientId: string): void;
  misbehave(misbehaviour: Misbehaviour): Misbehaving;
  /** Ends all misbehaviours, and what goes wrong with deliveries to event hooks. */
  behave(): void;
  /** Signs with a new key from now on; old tokens can't be verified any more unless the old key is kept. */
  rotateKeys(options?: { server?: string; keepOld?: boolean }): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a stand-in for one Okta organization: authorization servers, sign-in page and Management API.
 * @throws SeedError when the seed isn't valid
 */
export async function startOkta(options: OktaOptions = {}): Promise<OktaStandIn> {
  const {
    port = 0,
    host = "127.0.0.1",
    url: publicUrl,
    tls,
    signingKeys = {},
    control = false,
    ...others
  } = options;
  const { log = pino({ level: "silent" }), now = Date.now, ...seed } = others;
  const organization = parseSeed(organizationSeed, seed);
  const directory = seededDirectory(organization, now);
  const server = tls ? createTlsServer(tls) : createServer();
  const address = await listen(server, host, port, tls !== undefined);
  const url = (publicUrl ?? address).replace(/\/$/, "");

  const faults = new Faults();
  const storage = new Storage(now);
  const apps = new Apps();
  for (const app of organization.apps) apps.save(app);
  directory.onSessionsEnd = (userId) => storage.endSessions(userId);
  const apiTokens =
    organization.apiTokens.length > 0 ? organization.apiTokens : [randomId("00T") + randomId("00T")];
  const eventHooks = new EventHooks({
    directory,
    base: url,
    settings: () => organization.eventDelivery,
    now,
  });
  for (const hook of organization.eventHooks) eventHooks.add(hook);
  const calls = new Calls(now);
  const requests = Object.fromEntries(endpoints.map((endpoint) => [endpoint, 0])) as Record<Endpoint, number>;

  const context: OAuthContext = {
    directory,
    apps,
    storage,
    faults,
    settings: organization,
    alterIdToken: () => okta.alterIdToken,
    dpopNonceSecret: randomBytes(32),
    log,
  };
  const servers = new Map<string, AuthorizationServer>();
  for (const custom of [undefined, ...organization.authorizationServers]) {
    const id = custom?.id ?? "org";
    const issuer = custom ? `${url}/oauth2/${custom.id}` : url;
    const key = signingKeys[id] ?? (await keptSigningKey(id));
    servers.set(id, new AuthorizationServer(context, { issuer, custom, key }));
  }

  const find = (id: string): AuthorizationServer => {
    const found = servers.get(id);
    if (!found)
      throw new SeedError(`There is no authorization server ${id}. Seed it under authorizationServers.`);
    return found;
  };
  const appsChanged = () => {
    for (const server of servers.values()) server.appsChanged();
  };

  const okta: OktaStandIn = {
    url,
    address,
    apiToken: apiTokens[0] ?? "",
    directory,
    eventHooks,
    settings: organization,
    requests,
    calls,
    alterIdToken: undefined,
    issuer: (id = "org") => find(id).issuer,
    passwordOf: (username) => directory.findUser(username)?.password,
    saveApp(app) {
      const saved = apps.save(app);
      appsChanged();
      return saved;
    },
    removeApp: (clientId) => apps.remove(clientId),
    misbehave: (misbehaviour) => faults.add(misbehaviour),
    behave: () => {
      faults.clear();
      eventHooks.deliverWell();
    },
    async rotateKeys({ server: id = "org", keepOld = false } = {}) {
      find(id).rotateKeys(await newSigningKey(), { keepOld });
    },
    async stop() {
      await eventHooks.stop();
      await close(server);
    },
  };

  server.on(
    "request",
    createApp({
      servers,
      faults,
      requests,
      calls,
      settings: organization,
      management: {
        directory,
        eventHooks,
        base: url,
        org: find("org"),
        apiTokens: new Set(apiTokens),
        isShown: ({ id }) => !organization.hiddenGroups.includes(id),
        faults,
        log,
      },
      control: control ? okta : undefined,
      now,
    }),
  );
  log.info({ url, address }, "the Okta stand-in is listening");
  return okta;
}

function seededDirectory(organization: Organization, now: Clock): Directory {
  const { users, groups, seededAgoMs } = organization;
  let isSeeded = false;
  const time: Clock = () => (isSeeded ? now() : now() - seededAgoMs);
  const readLagMs = () => (isSeeded ? organization.readLagMs : 0);
  const directory = new Directory({ log: new SystemLog(time), now: time, readLagMs });
  for (const group of groups) {
    const name = typeof group === "string" ? group : group.name;
    if (name !== "Everyone") directory.addGroup(group);
  }
  for (const user of users)
    directory.addUser({ ...user, groups: (user.groups ?? []).filter((name) => name !== "Everyone") });
  isSeeded = true;
  return directory;
}

async function listen(server: Server, host: string, port: number, tls: boolean): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port: bound } = server.address() as AddressInfo;
  return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${bound}`;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
