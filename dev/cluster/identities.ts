import { generateKeyPairSync } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { issueCertificate, type KeyPair, makeAuthority } from "./certificates.ts";
import { network } from "./place.ts";

/**
 * Makes the certificates and keys of the cluster under `<folder>/pki`, and two kubeconfigs of its admin: `kubeconfig`
 * for this machine, `inside.kubeconfig` for the node's own programs.
 */
export async function makeIdentities(folder: string): Promise<void> {
  const pki = join(folder, "pki");
  await mkdir(pki, { recursive: true, mode: 0o700 });

  const cluster = await makeAuthority(pki, "cluster");
  await issueCertificate(cluster, pki, {
    name: "api-server",
    subject: "/CN=kube-apiserver",
    names: [
      ...[network.link.there, network.node, network.apiService, "127.0.0.1"].map(
        (address) => `IP:${address}`,
      ),
      ...["kubernetes", "kubernetes.default", "kubernetes.default.svc"].map((name) => `DNS:${name}`),
      "DNS:kubernetes.default.svc.cluster.local",
    ],
  });
  await issueCertificate(cluster, pki, {
    name: "kubelet",
    subject: "/CN=kubelet",
    names: [`IP:${network.node}`],
  });
  const admin = await issueCertificate(cluster, pki, {
    name: "admin",
    subject: "/O=system:masters/CN=admin",
  });

  // What signs service accounts' tokens is no certificate: the API server wants the two halves of a key.
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  await writeFile(join(pki, "service-accounts.key"), privateKey, { mode: 0o600 });
  await writeFile(join(pki, "service-accounts.pub"), publicKey);

  const here = await kubeconfig(network.link.there, cluster, admin);
  const inside = await kubeconfig("127.0.0.1", cluster, admin);
  await writeFile(join(folder, "kubeconfig"), here, { mode: 0o600 });
  await writeFile(join(folder, "inside.kubeconfig"), inside, { mode: 0o600 });
}

async function kubeconfig(address: string, authority: KeyPair, admin: KeyPair): Promise<string> {
  const base64 = async (file: string) => (await readFile(file)).toString("base64");
  const cluster = {
    server: `https://${address}:${network.apiPort}`,
    "certificate-authority-data": await base64(authority.certificate),
  };
  const user = {
    "client-certificate-data": await base64(admin.certificate),
    "client-key-data": await base64(admin.key),
  };
  const name = "okta-role-operator";
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
