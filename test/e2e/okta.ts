import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";
import { issueCertificate, makeAuthority } from "../../dev/cluster/certificates.ts";
import { readSeed } from "../../dev/okta/seed.ts";
import type { TestCluster } from "./cluster.ts";
import { places } from "./places.ts";
import { podOf } from "./pod.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const port = 8443;

/** What the product's client is called at the stand-in, and how it proves to be it. */
const client = { id: "0oaAcmeLogin00000000", secret: "acme-client-secret", apiToken: "acme-api-token" };

/** An Okta in the cluster. */
export interface ClusterOkta {
  readonly objects: readonly object[];
  /** The certificate, as PEM, of the authority that its own is from: nobody's but this test's. */
  readonly authority: string;
}

/** The people and groups of dev/okta/acme.yaml, at https://okta.NAMESPACE.svc. */
export async function clusterOkta(cluster: TestCluster): Promise<ClusterOkta> {
  const { authority, certificate, key } = await certificates();
  const pod = await podOf(
    {
      name: "okta",
      entryPoint: "dev/okta/main.ts",
      args: [
        ...[
          "--file",
          "/files/acme.yaml",
          "--host",
          "0.0.0.0",
          "--port",
          String(port),
          "--url",
          places.oktaURL,
        ],
        ...["--cert", "/files/tls.crt", "--key", "/files/tls.key"],
      ],
      files: { "acme.yaml": stringify(await seed()), "tls.crt": certificate, "tls.key": key },
      port,
      ready: { scheme: "HTTPS", path: "/oauth2/default/.well-known/openid-configuration" },
    },
    cluster,
  );
  const service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "okta", namespace: places.outside },
    spec: { selector: { app: "okta" }, ports: [{ port: 443, targetPort: port }] },
  };
  return { objects: [...pod, service], authority };
}

/** An organization that is with this Okta, its Secret and its mappings: the samples, but for the connection. */
export async function acme(): Promise<object[]> {
  const sample = (file: string) => readFile(join(root, "crds/samples", file), "utf8");
  const organization = parse(await sample("organization.yaml"));
  organization.spec.okta = {
    issuer: `${places.oktaURL}/oauth2/default`,
    clientID: client.id,
    clientSecretRef: { name: "acme-okta", key: "clientSecret" },
    directory: { url: places.oktaURL, apiTokenRef: { name: "acme-okta", key: "apiToken" } },
  };
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acme-okta" },
    stringData: { clientSecret: client.secret, apiToken: client.apiToken },
  };
  const mappings = (await sample("mappings.yaml")).split(/^---$/m).map((text) => parse(text));
  return [secret, organization, ...mappings];
}

async function seed(): Promise<object> {
  const organization = await readSeed(join(root, "dev/okta/acme.yaml"));
  const apps = organization.apps.map((app) =>
    app.clientId === client.id ? { ...app, redirectUris: [`${places.loginURL}/callback/acme`] } : app,
  );
  return { ...organization, apps };
}

async function certificates(): Promise<{ authority: string; certificate: string; key: string }> {
  const folder = await mkdtemp(join(tmpdir(), "okta-role-operator-e2e-"));
  try {
    const authority = await makeAuthority(folder, "e2e");
    const host = new URL(places.oktaURL).hostname;
    const names = [`DNS:${host}`];
    const pair = await issueCertificate(authority, folder, { name: "okta", subject: `/CN=${host}`, names });
    const [ca, certificate, key] = await Promise.all(
      [authority.certificate, pair.certificate, pair.key].map((file) => readFile(file, "utf8")),
    );
    if (ca === undefined || certificate === undefined || key === undefined)
      throw new Error("openssl wrote nothing");
    return { authority: ca, certificate, key };
  } finally {
    await rm(folder, { recursive: true });
  }
}
