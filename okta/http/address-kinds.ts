import { BlockList, isIP } from "node:net";

/**
 * What an address is: somebody's on the internet, this network's own, this machine's, or nobody's to call: of this link,
 * of a cloud's metadata service, of many at once, of none.
 */
export type AddressKind = "public" | "private" | "loopback" | "special";

type Network = readonly [address: string, prefix: number];

/**
 * IANA IPv4 Special-Purpose Address Registry: what isn't globally reachable, and two anycast addresses that are meant
 * for the next router. IANA IPv4 Address Space Registry: 224.0.0.0/4.
 */
const SPECIAL_IPV4: readonly Network[] = [
  ["0.0.0.0", 8], // this network (RFC 791)
  ["169.254.0.0", 16], // link local, and with it most metadata services (RFC 3927)
  ["192.0.0.0", 24], // IETF protocol assignments (RFC 6890)
  ["192.0.2.0", 24], // documentation (RFC 5737)
  ["192.88.99.0", 24], // 6to4 relays, deprecated (RFC 7526)
  ["198.18.0.0", 15], // benchmarking (RFC 2544)
  ["198.51.100.0", 24], // documentation (RFC 5737)
  ["203.0.113.0", 24], // documentation (RFC 5737)
  ["224.0.0.0", 4], // multicast (RFC 5771)
  ["240.0.0.0", 4], // reserved, and limited broadcast (RFC 1112, RFC 919)
];

/** The same, of this network: RFC 1918, and RFC 6598, which providers and clusters use as they use RFC 1918. */
const PRIVATE_IPV4: readonly Network[] = [
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
];

/** RFC 1122, section 3.2.1.3 */
const LOOPBACK_IPV4: readonly Network[] = [["127.0.0.0", 8]];

/** IANA IPv6 Address Space Registry: unicast addresses are assigned from here alone. */
const ASSIGNED_IPV6: readonly Network[] = [["2000::", 3]];

/** IANA IPv6 Special-Purpose Address Registry: what lies among the assigned ones. The rest isn't assigned. */
const SPECIAL_IPV6: readonly Network[] = [
  ["2001::", 23], // IETF protocol assignments, among them Teredo, benchmarking and ORCHID (RFC 2928)
  ["2001:db8::", 32], // documentation (RFC 3849)
  ["2002::", 16], // 6to4 (RFC 3056)
  ["3fff::", 20], // documentation (RFC 9637)
];

/** Unique local addresses (RFC 4193), and local translation to IPv4, whose form only its network knows (RFC 8215). */
const PRIVATE_IPV6: readonly Network[] = [
  ["fc00::", 7],
  ["64:ff9b:1::", 48],
];

/** RFC 4291, section 2.5.3 */
const LOOPBACK_IPV6: readonly Network[] = [["::1", 128]];

/** Metadata services and the like that clouds have put among public and private addresses, by their own documents. */
const METADATA_IPV4: readonly Network[] = [
  ["100.100.100.200", 32], // Alibaba Cloud
  ["168.63.129.16", 32], // Azure
];
const METADATA_IPV6: readonly Network[] = [
  ["fd00:ec2::", 32], // AWS
  ["fd20:ce::254", 128], // Google Cloud
];

/** IPv6 addresses that stand for an IPv4 address, which is their end: mapped (RFC 4291), and NAT64 (RFC 6052). */
const EMBEDDING: readonly Network[] = [
  ["::ffff:0:0", 96],
  ["64:ff9b::", 96],
];

const ipv4 = {
  special: listOf("ipv4", [...SPECIAL_IPV4, ...METADATA_IPV4]),
  private: listOf("ipv4", PRIVATE_IPV4),
  loopback: listOf("ipv4", LOOPBACK_IPV4),
};

const ipv6 = {
  embedding: EMBEDDING.map((network) => listOf("ipv6", [network])),
  special: listOf("ipv6", [...SPECIAL_IPV6, ...METADATA_IPV6]),
  private: listOf("ipv6", PRIVATE_IPV6),
  loopback: listOf("ipv6", LOOPBACK_IPV6),
  assigned: listOf("ipv6", ASSIGNED_IPV6),
};

/** The kind of an IPv4 or IPv6 address as text. What isn't an address is special. */
export function kindOf(address: string): AddressKind {
  // A scope, as in fe80::1%eth0, is for addresses of a link.
  switch (isIP(address)) {
    case 4:
      return kindOfIPv4(address);
    case 6:
      return address.includes("%") ? "special" : kindOfIPv6(address);
    default:
      return "special";
  }
}

function kindOfIPv4(address: string): AddressKind {
  if (ipv4.special.check(address, "ipv4")) return "special";
  if (ipv4.loopback.check(address, "ipv4")) return "loopback";
  return ipv4.private.check(address, "ipv4") ? "private" : "public";
}

function kindOfIPv6(address: string): AddressKind {
  if (ipv6.embedding.some((network) => network.check(address, "ipv6")))
    return kindOfIPv4(embeddedIPv4(address));
  if (ipv6.special.check(address, "ipv6")) return "special";
  if (ipv6.loopback.check(address, "ipv6")) return "loopback";
  if (ipv6.private.check(address, "ipv6")) return "private";
  return ipv6.assigned.check(address, "ipv6") ? "public" : "special";
}

/** The last 32 bits of an IPv6 address, as IPv4 writes them. */
function embeddedIPv4(address: string): string {
  // The URL parser has one way of writing an address: lower case, no dots, the longest run of zeros left out.
  const [high = "", low = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split(":").slice(-2);
  // What is left out is no number, and 0 where bits are counted.
  const [a, b] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [a >> 8, a & 255, b >> 8, b & 255].join(".");
}

function listOf(family: "ipv4" | "ipv6", networks: readonly Network[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of networks) list.addSubnet(address, prefix, family);
  return list;
}
