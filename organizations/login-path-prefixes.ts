/**
 * Which namespaces' organizations may use which login paths: where a path begins with a prefix that is bound to
 * namespaces, these alone, and these no other. Of two prefixes that a path begins with, the longer one counts.
 */
export class LoginPathPrefixes {
  readonly #byPrefix = new Map<string, Set<string>>();
  readonly #byNamespace = new Map<string, string[]>();

  /** @param bound pairs of a namespace and a prefix of its own; the same one may be there several times */
  constructor(bound: Iterable<readonly [namespace: string, prefix: string]> = []) {
    for (const [namespace, prefix] of bound) {
      const namespaces = this.#byPrefix.get(prefix) ?? new Set();
      this.#byPrefix.set(prefix, namespaces.add(namespace));
      this.#byNamespace.set(namespace, [...(this.#byNamespace.get(namespace) ?? []), prefix]);
    }
  }

  /** The prefixes that a namespace has to use; none where it may use any that isn't another's. */
  of(namespace: string): readonly string[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** Whether organizations of this namespace may use this path. */
  allow(namespace: string, path: string): boolean {
    const owners = this.#owners(path);
    return owners ? owners.has(namespace) : !this.#byNamespace.has(namespace);
  }

  #owners(path: string): ReadonlySet<string> | undefined {
    for (let length = path.length; length > 0; length--) {
      const owners = this.#byPrefix.get(path.slice(0, length));
      if (owners) return owners;
    }
    return undefined;
  }
}
