import type { Organization } from "../crds/types.ts";
import type { Cache } from "../kubernetes/index.ts";
import { holderOf } from "../organizations/login-path.ts";

/** The index that the cache of Organizations needs for this. */
export const loginPathIndex = { loginPath: ({ spec }: Organization): string[] => [spec.loginPath] };

/** Nobody signs in at this path. */
export class UnknownOrganizationError extends Error {
  readonly code = "organization-not-found";
}

/** Organizations by the path where their people sign in, and the addresses that follow from it. */
export class Organizations {
  readonly #cache: Pick<Cache<Organization>, "by" | "get">;
  readonly baseURL: string;

  /** @param baseURL where browsers reach this webhook, such as https://login.example.com */
  constructor(cache: Pick<Cache<Organization>, "by" | "get">, baseURL: string) {
    this.#cache = cache;
    this.baseURL = new URL(baseURL).origin;
  }

  /**
   * The organization that is served at a login path: of several that ask for it, the oldest.
   * @throws UnknownOrganizationError
   */
  at(loginPath: unknown): Organization {
    const holder =
      typeof loginPath === "string" ? holderOf(this.#cache.by("loginPath", loginPath)) : undefined;
    if (!holder) throw new UnknownOrganizationError("There is no organization at this address.");
    return holder;
  }

  /** @param key "namespace/name" */
  named(key: string): Organization | undefined {
    return this.#cache.get(key);
  }

  loginURI({ spec }: Organization): string {
    return `${this.baseURL}/login/${spec.loginPath}`;
  }

  callbackURI({ spec }: Organization): string {
    return `${this.baseURL}/callback/${spec.loginPath}`;
  }
}
