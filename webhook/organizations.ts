import type { Organization } from "../crds/types.ts";
import type { Cache } from "../kubernetes/index.ts";
import type { LoginPathHolders } from "../organizations/login-path-reservations.ts";
import type { Origins } from "./origins.ts";

/** The index that the cache of Organizations needs for this. */
export const loginPathIndex = { loginPath: ({ spec }: Organization): string[] => [spec.loginPath] };

/** Nobody signs in at this path. */
export class UnknownOrganizationError extends Error {
  readonly code = "organization-not-found";
}

/** What is needed to sign somebody in can't be read now: the namespace is refused to us, or nobody answers. */
export class NamespaceUnreadableError extends Error {
  readonly code = "namespace-unreadable";
  /** The organization's, where one is known. */
  readonly namespace: string | undefined;

  constructor(message: string, namespace?: string) {
    super(message);
    this.namespace = namespace;
  }
}

/** Organizations by the path where their people sign in, and the addresses that follow from it. */
export class Organizations {
  readonly #cache: Pick<Cache<Organization>, "by" | "get" | "unreadable">;
  readonly #holders: LoginPathHolders;
  readonly #isOthers: (organization: Organization) => boolean;
  readonly #isStale: (namespace: string) => boolean;
  readonly origins: Origins;

  /**
   * @param holders whom a login path is reserved for
   * @param isOthers whether another release serves it, at an address of its own
   * @param isStale whether it is too long ago that everything that decides sign-ins in this namespace was known
   * @param origins where browsers reach this webhook, and what it guards
   */
  constructor(
    cache: Pick<Cache<Organization>, "by" | "get" | "unreadable">,
    holders: LoginPathHolders,
    isOthers: (organization: Organization) => boolean,
    isStale: (namespace: string) => boolean,
    origins: Origins,
  ) {
    this.#cache = cache;
    this.#holders = holders;
    this.#isOthers = isOthers;
    this.#isStale = isStale;
    this.origins = origins;
  }

  /** The organization that is served at a login path, as far as is known: the one that it is reserved for. */
  find(loginPath: unknown): Organization | undefined {
    if (typeof loginPath !== "string") return undefined;
    const asking = this.#cache.by("loginPath", loginPath);
    return this.#holders.of(
      loginPath,
      asking.filter((organization) => !this.#isOthers(organization)),
    );
  }

  /**
   * The organization where people sign in by a login path.
   * @throws UnknownOrganizationError
   * @throws NamespaceUnreadableError when nobody can say now who may sign in there, or whether it is there at all
   */
  at(loginPath: unknown): Organization {
    const holder = this.find(loginPath);
    if (!holder) {
      const why = this.#unreadable(loginPath);
      if (why !== undefined)
        throw new NamespaceUnreadableError(`It may be in a namespace that can't be read: ${why}`);
      throw new UnknownOrganizationError("There is no organization at this address.");
    }
    const { namespace = "" } = holder.metadata;
    if (this.#isStale(namespace))
      throw new NamespaceUnreadableError(
        `What decides who may sign in can't be read in the namespace ${namespace}.`,
        namespace,
      );
    return holder;
  }

  /** Why nobody can say whether there is an organization at this path; undefined where there is none. */
  #unreadable(loginPath: unknown): string | undefined {
    if (typeof loginPath !== "string") return undefined;
    const unread = this.#cache
      .unreadable()
      .find(({ namespace }) => this.#isStale(namespace) && this.#holders.mayBelongTo(namespace, loginPath));
    return unread?.error.message;
  }

  /** @param key "namespace/name" */
  named(key: string): Organization | undefined {
    return this.#cache.get(key);
  }

  /**
   * An organization by its name, wherever its people sign in.
   * @returns undefined where there is none, in namespaces that aren't watched, and for those of other releases
   * @throws NamespaceUnreadableError when that can't be said now
   */
  served(namespace: string, name: string): Organization | undefined {
    if (this.#isStale(namespace))
      throw new NamespaceUnreadableError(`The namespace ${namespace} can't be read.`, namespace);
    const organization = this.#cache.get(`${namespace}/${name}`);
    return organization && !this.#isOthers(organization) ? organization : undefined;
  }

  /** Where people sign in at an organization, if they can: of several that ask for one login path, one is served there. */
  wayIn(organization: Organization): string | undefined {
    return this.find(organization.spec.loginPath) === organization ? this.loginURI(organization) : undefined;
  }

  loginURI({ spec }: Organization): string {
    return `${this.origins.own}/login/${spec.loginPath}`;
  }

  eventHookURI({ spec }: Organization): string {
    return `${this.origins.own}/hooks/okta/${spec.loginPath}`;
  }

  callbackURI({ spec }: Organization): string {
    return `${this.origins.own}/callback/${spec.loginPath}`;
  }
}
