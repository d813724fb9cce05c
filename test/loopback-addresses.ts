import { networkInterfaces } from "node:os";

/** This machine's own addresses as they stand in a URL: of IPv4, and of IPv6 where it has that. */
export function loopbackAddresses(): string[] {
  const internal = Object.values(networkInterfaces()).flatMap(
    (all) => all?.filter((one) => one.internal) ?? [],
  );
  return internal.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
}
