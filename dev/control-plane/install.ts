import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { KubectlError, type KubectlTarget, kubectlOutput, runKubectl } from "./kubectl.ts";

/** Who applies what is in crds/, to the API server. */
const MANAGER = "okta-role-operator-crds";
const CRDS = fileURLToPath(new URL("../../crds/", import.meta.url));
const IN_FORCE_WITHIN_MS = 30_000;
const LOOK_AGAIN_MS = 100;

/** An account that nobody but the product may make, so that a refusal of it shows that the policy is in force. */
const FORBIDDEN_USER = JSON.stringify({
  apiVersion: "rolemapping.dev/v1alpha1",
  kind: "OrganizationUser",
  metadata: { name: "is-the-policy-in-force" },
  spec: {
    organizationRef: { name: "nobody" },
    source: "Okta",
    email: "nobody@acme.example",
    name: "Nobody",
    issuer: "https://acme.okta.com",
    subject: "nobody",
    groups: [],
    groupsFrom: "Claim",
  },
});

export class NotInForceError extends Error {
  readonly code = "not-in-force";
  constructor(last: string) {
    super(
      `the CRDs and the admission policy were applied, but not in force within ${IN_FORCE_WITHIN_MS / 1000} s; the last answer to an account that must be refused was: ${last}`,
    );
  }
}

/** What an installation has once in a cluster, and whoever installs another one there would replace. */
const THERE_ONCE = [
  "customresourcedefinition/organizations.rolemapping.dev",
  "validatingadmissionpolicy/organizationusers.rolemapping.dev",
] as const;

const Managed = z.object({
  metadata: z.object({
    managedFields: z.array(z.object({ manager: z.string(), subresource: z.string().optional() })).default([]),
  }),
});

/**
 * Who else than we has installed the product in this cluster: a release's field manager, such as "helm".
 *
 * @returns undefined when nobody has
 * @throws KubectlError
 */
export async function installedByOthers(target: KubectlTarget): Promise<string | undefined> {
  for (const name of THERE_ONCE) {
    const found = await kubectlOutput(target, [
      ...["get", name, "--ignore-not-found", "--show-managed-fields", "--output=json"],
    ]);
    const manager = found.trim() === "" ? undefined : managerButUs(JSON.parse(found));
    if (manager !== undefined) return manager;
  }
  return undefined;
}

/**
 * Who else than we manages an object, as the API server has noted it. Its own programs write the status alone.
 * @internal
 */
export function managerButUs(object: unknown): string | undefined {
  const { managedFields } = Managed.parse(object).metadata;
  return managedFields.find(({ manager, subresource }) => subresource === undefined && manager !== MANAGER)
    ?.manager;
}

/**
 * Applies the CRDs and the admission policy from crds/, and waits until they work: the kinds are served, and the policy
 * refuses what it must. Applying them again is fine.
 *
 * @param target a cluster admin's
 * @throws KubectlError, NotInForceError
 */
export async function installCrds(target: KubectlTarget): Promise<void> {
  await applyCrds(target);
  await policyInForce(target);
}

/**
 * The first half of {@link installCrds}: the kinds are there, and what watches them can start.
 *
 * @throws KubectlError
 */
export async function applyCrds(target: KubectlTarget): Promise<void> {
  const apply = ["apply", "--server-side", "--force-conflicts", `--field-manager=${MANAGER}`];
  const applied = (await kubectlOutput(target, [...apply, "--filename", CRDS, "--output=name"]))
    .trim()
    .split("\n");
  const crds = applied.filter((name) => name.startsWith("customresourcedefinition."));
  await kubectlOutput(target, ["wait", "--for=condition=Established", "--timeout=60s", ...crds]);
}

/**
 * The second half: users that belong to Okta can't be written by others any more.
 *
 * @throws KubectlError, NotInForceError
 */
export async function policyInForce(target: KubectlTarget): Promise<void> {
  // Established says that the names are taken. It takes another moment until requests are served, and until the API
  // server has compiled the policy; only a request shows both.
  const deadline = performance.now() + IN_FORCE_WITHIN_MS;
  const probe = ["create", "--dry-run=server", "--namespace=default", "--filename=-"];
  for (;;) {
    const answer = await runKubectl(target, probe, FORBIDDEN_USER);
    if (answer.stderr.includes("ValidatingAdmissionPolicy")) return;
    const notYet =
      answer.code === 0 || /no matches for kind|NotFound|the server could not find/.test(answer.stderr);
    if (!notYet) throw new KubectlError(probe, answer);
    if (performance.now() > deadline) throw new NotInForceError(answer.stderr.trim() || answer.stdout.trim());
    await delay(LOOK_AGAIN_MS);
  }
}
