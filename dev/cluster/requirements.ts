import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";

/** Where Debian's containernetworking-plugins puts the plugins. */
export const cniPlugins = "/usr/lib/cni";

/** Debian's package -> what of it is used. */
const packages: Readonly<Record<string, readonly string[]>> = {
  containerd: ["containerd", "containerd-shim-runc-v2", "ctr"],
  runc: ["runc"],
  "containernetworking-plugins": ["bridge", "host-local", "loopback", "portmap"].map((name) =>
    join(cniPlugins, name),
  ),
  iptables: ["iptables"],
  conntrack: ["conntrack"],
  iproute2: ["ip"],
  openssl: ["openssl"],
  catatonit: ["catatonit"],
  procps: ["sysctl"],
  "util-linux": ["unshare"],
};

/** The names of Debian's packages that a node is made of, for `apt-get install`. */
export const debianPackages = Object.keys(packages);

export class CannotRunHereError extends Error {
  readonly code = "cannot-run-here";
}

/**
 * @throws CannotRunHereError when this machine can't run a node: it says why, and what to install where that helps
 */
export async function checkRequirements(): Promise<void> {
  if (process.platform !== "linux")
    throw new CannotRunHereError(
      `A node needs Linux, and this is ${process.platform}: use another cluster with --context NAME (docs/development.md)`,
    );
  if (process.getuid?.() !== 0)
    throw new CannotRunHereError(
      "A node needs root, and this isn't: run it as root, or use another cluster with --context NAME (docs/development.md)",
    );
  const missing: string[] = [];
  for (const [name, programs] of Object.entries(packages)) {
    const found = await Promise.all(programs.map(isProgram));
    if (found.includes(false)) missing.push(name);
  }
  if (missing.length > 0)
    throw new CannotRunHereError(
      `A node needs some programs that aren't here: apt-get install ${missing.join(" ")}`,
    );
}

async function isProgram(name: string): Promise<boolean> {
  const folders = name.startsWith("/")
    ? [""]
    : [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"];
  for (const folder of folders) {
    const executable = await access(join(folder || "/", name), constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable) return true;
  }
  return false;
}
