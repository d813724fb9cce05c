import type { Adapter, AdapterPayload } from "oidc-provider";
import type { Clock } from "../directory/clock.ts";

interface Entry {
  payload: AdapterPayload;
  /** Milliseconds since 1970. */
  expires: number;
  grantId: string | undefined;
}

/** How many writes go by between two sweeps for what has expired. */
const sweepEvery = 5_000;

/**
 * Everything that the authorization servers of one stand-in remember: sessions, interactions, codes, tokens.
 * Sessions are one for all servers on the host, as Okta's are; the rest belongs to one server, so that a code of
 * the org server is worth nothing at a custom one.
 */
export class Storage {
  readonly #now: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #sessionKeys = new Map<string, string>();
  #writes = 0;

  constructor(now: Clock) {
    this.#now = now;
  }

  get(key: string): AdapterPayload | undefined {
    const entry = this.#entries.get(key);
    return entry && entry.expires > this.#now() ? entry.payload : undefined;
  }

  set(key: string, payload: AdapterPayload, expiresIn: number | undefined): void {
    const expires = expiresIn ? this.#now() + expiresIn * 1000 : Number.POSITIVE_INFINITY;
    this.#entries.set(key, { payload, expires, grantId: payload.grantId });
    if (payload.kind === "Session" && payload.uid) this.#sessionKeys.set(payload.uid, key);
    if (++this.#writes % sweepEvery === 0) this.#remove(({ expires }) => expires <= this.#now());
  }

  delete(key: string): void {
    const uid = this.#entries.get(key)?.payload.uid;
    if (uid && this.#sessionKeys.get(uid) === key) this.#sessionKeys.delete(uid);
    this.#entries.delete(key);
  }

  /** Ends the sessions of a person in every browser, and what was issued in them. */
  endSessions(accountId: string): void {
    this.#remove(({ payload }) => payload.accountId === accountId && payload.kind !== "Grant");
  }

  removeGrant(server: string, grantId: string): void {
    this.#remove((entry, key) => key.startsWith(`${server} `) && entry.grantId === grantId);
  }

  sessionOf(uid: string): AdapterPayload | undefined {
    const key = this.#sessionKeys.get(uid);
    return key === undefined ? undefined : this.get(key);
  }

  #remove(matches: (entry: Entry, key: string) => boolean): void {
    for (const [key, entry] of this.#entries) if (matches(entry, key)) this.delete(key);
  }
}

/** The key of a record. */
export function storageKey(server: string, model: string, id: string): string {
  return model === "Session" ? `Session ${id}` : `${server} ${model} ${id}`;
}

/** One model of one authorization server, as oidc-provider stores it. */
export class ModelStorage implements Adapter {
  readonly #storage: Storage;
  readonly #server: string;
  readonly #model: string;

  constructor(storage: Storage, server: string, model: string) {
    this.#storage = storage;
    this.#server = server;
    this.#model = model;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    this.#storage.set(this.#key(id), payload, expiresIn);
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#storage.get(this.#key(id));
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#storage.sessionOf(uid);
  }

  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  async consume(id: string): Promise<void> {
    const payload = this.#storage.get(this.#key(id));
    if (payload) payload.consumed = true;
  }

  async destroy(id: string): Promise<void> {
    this.#storage.delete(this.#key(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    this.#storage.removeGrant(this.#server, grantId);
  }

  #key(id: string): string {
    return storageKey(this.#server, this.#model, id);
  }
}

/** Clients are looked up where they are kept, so that a change to an app counts at once. */
export class ClientStorage extends ModelStorage {
  readonly #client: (id: string) => AdapterPayload | undefined;

  constructor(storage: Storage, server: string, client: (id: string) => AdapterPayload | undefined) {
    super(storage, server, "Client");
    this.#client = client;
  }

  override async find(id: string): Promise<AdapterPayload | undefined> {
    return this.#client(id);
  }
}
