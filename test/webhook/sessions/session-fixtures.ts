import { createHmac, randomUUID } from "node:crypto";
import type { Organization } from "../../../crds/types.ts";
import { StoreError, type User } from "../../../identity/index.ts";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { Sessions } from "../../../webhook/sessions/sessions.ts";
import { newKey, type StoredKey } from "../../../webhook/sessions/stored-keys.ts";
import { organization } from "../../organizations/organization.ts";

/** One replica's sessions, on what the test says that there is. */
export class Replica {
  readonly users = new Map<string, User>();
  /** What the store knows and this replica hasn't heard of. */
  readonly unheard = new Map<string, User>();
  /** Accounts that the store was asked for. */
  readonly asked: string[] = [];
  readonly organizations = new Map<string, Organization>();
  /** Before which time all sessions have ended, in ms since 1970. */
  watermark = 0;
  /** What the Secret holds. */
  stored: StoredKey[];
  /** Whether the store doesn't answer. */
  unreadable = false;
  /** Whether the Secret was read a moment ago, so that it isn't read again. */
  readJustNow = false;
  stale = false;
  /** ms since 1970 */
  now = Date.now();
  readonly sessions: Sessions;
  #ring: KeyRing;

  constructor(stored: StoredKey[] = [newKey(1)]) {
    this.stored = stored;
    this.#ring = this.#read();
    this.sessions = new Sessions({
      keys: {
        current: () => this.#ring.current(this.now),
        find: (id) => this.#ring.find(id),
        lookFor: async (id) => {
          if (this.unreadable) throw new StoreError("The API server is away.");
          if (this.readJustNow) return "not-looked";
          this.readKeys();
          return this.#ring.find(id) ? "found" : "gone";
        },
      },
      store: {
        get: (ref) => this.users.get(ref),
        fresh: async (ref) => {
          this.asked.push(ref);
          if (this.unreadable) throw new StoreError("The API server is away.");
          const user = this.unheard.get(ref) ?? this.users.get(ref);
          if (user) this.users.set(ref, user);
          return user;
        },
      },
      organization: (key) => this.organizations.get(key),
      namespace: "team",
      watermarks: {
        hasEnded: ({ issuedAt }) => issuedAt < this.watermark,
        aheadOf: () => undefined,
      },
      isStale: () => this.stale,
      cookies: cookieStyle("https://login.example.com"),
      now: () => this.now,
    });
  }

  organization(
    name: string,
    {
      namespace = "team",
      maxAge = "12h",
      uid = randomUUID(),
    }: { namespace?: string; maxAge?: string; uid?: string } = {},
  ): Organization {
    const made = organization(`${namespace}/${name}`, name, { maxAge, uid });
    this.organizations.set(`${namespace}/${name}`, made);
    return made;
  }

  user(ref: string, more: Partial<User> = {}): User {
    const made = user(ref, more);
    this.users.set(ref, made);
    return made;
  }

  /** Reads the Secret, as each replica does every half a minute. */
  readKeys(): void {
    this.#ring = this.#read();
  }

  /** An organization in the namespace team, with one account, Ada's. */
  with(name: string): { organization: Organization; user: User } {
    const key = `team/${name}`;
    return {
      organization: this.organizations.get(key) ?? this.organization(name),
      user: this.users.get(`${key}-ada`) ?? this.user(`${key}-ada`, { organization: key }),
    };
  }

  /** The code of a refusal, or whose session it is. */
  who(cookies: Jar, key?: string): string {
    const check = this.sessions.check(cookies.header, key);
    if (check.kind === "signed-in") return check.user.ref;
    return check.kind === "refused" ? check.reason : check.kind;
  }

  #read(): KeyRing {
    const [oldest, ...younger] = this.stored;
    if (!oldest) throw new Error("no key");
    return new KeyRing([oldest, ...younger], 0);
  }
}

/** The cookie of 0.1.0. */
export const V1 = "__Host-okta-role-session";

/** A browser that has signed in at these organizations, one second after the other. */
export function signedInAt(replica: Replica, ...names: string[]): Jar {
  const jar = new Jar();
  for (const name of names) {
    replica.now += 1000;
    const { organization, user } = replica.with(name);
    jar.store(replica.sessions.start(jar.header, user, organization));
  }
  return jar;
}

/** The names of the cookies that these headers remove. */
export function cleared(headers: readonly string[]): string[] {
  return headers
    .filter((header) => /; Max-Age=0;/.test(header))
    .map((header) => header.split("=", 1)[0] ?? "");
}

/** The cookies of a browser, as far as sessions need them. */
export class Jar {
  readonly cookies = new Map<string, string>();

  get header(): string | undefined {
    return this.cookies.size === 0 ? undefined : [...this.cookies].map((pair) => pair.join("=")).join("; ");
  }

  store(headers: readonly string[]): this {
    for (const header of headers) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(header) ?? [];
      if (/Max-Age=0(;|$)/.test(header)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return this;
  }
}

export function user(ref: string, more: Partial<User> = {}): User {
  return {
    ref,
    version: "1",
    uid: randomUUID(),
    organization: "team/acme",
    source: "Okta",
    groups: [],
    localRoles: [],
    decided: true,
    sessionEpoch: 0,
    access: { active: true, grants: [], groups: [], reason: "MappedGroup", message: "" },
    ...more,
  };
}

/** A session as 0.1.0 wrote it. */
export function tokenOfV1(
  key: StoredKey,
  { ref, uid, sessionEpoch }: User,
  organizationID: string,
  { issuedAt = Date.now(), seconds = 43_200, serviceAccount }: V1Options = {},
): string {
  const signing = new KeyRing([key], 0).current(Date.now()).signing;
  const s = Math.floor(issuedAt / 1000);
  const content = { u: ref, i: uid, e: sessionEpoch, o: organizationID, s, x: s + seconds };
  const payload = Buffer.from(
    JSON.stringify(serviceAccount === undefined ? content : { ...content, a: serviceAccount }),
  ).toString("base64url");
  const signed = `${key.id}.${payload}`;
  return `${signed}.${createHmac("sha256", signing).update(signed).digest("base64url")}`;
}

interface V1Options {
  issuedAt?: number;
  seconds?: number;
  serviceAccount?: string;
}
