/** Who somebody is and what they hold, for the headers of an answer. */
export interface Identity {
  readonly user: string;
  readonly email: string | undefined;
  readonly organization: string;
  readonly roles: readonly string[];
}

/** Bytes of all these headers. Proxies take 4 KiB of headers by default, with all else that is in them. */
const MOST_BYTES = 1_000;
/** Characters of an address that can receive mail (RFC 5321, 4.5.3.1.3, without the brackets). */
const LONGEST_EMAIL = 254;

/**
 * The headers that tell an application who it is. What can't be told whole isn't told: an address that isn't plain ASCII
 * leaves its header empty, since any way to write it in ASCII is another address that somebody may have; and so does a
 * list of roles that is too long, of which another header then says how many they are. Half a list would look like
 * another person's.
 *
 * All are there always, if only empty: some proxies copy those alone that are there, and leave the others to the client.
 */
export function identityHeaders({ user, email, organization, roles }: Identity): Record<string, string> {
  const told = {
    "X-Auth-Request-User": user,
    "X-Auth-Request-Email": email !== undefined && isPlain(email) ? email : "",
    "X-Auth-Request-Organization": organization,
    "X-Auth-Request-Roles": roles.join(","),
    "X-Auth-Request-Roles-Omitted": "",
  };
  if (bytesOf(told) <= MOST_BYTES) return told;
  return { ...told, "X-Auth-Request-Roles": "", "X-Auth-Request-Roles-Omitted": String(roles.length) };
}

/** Visible ASCII only: anything else could end a header, or mean something else to whoever reads it. */
function isPlain(email: string): boolean {
  return email.length <= LONGEST_EMAIL && /^[\x21-\x7e]+$/.test(email);
}

/** As they stand in an HTTP/1.1 answer. All of it is ASCII. */
function bytesOf(headers: Readonly<Record<string, string>>): number {
  return Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
}
