import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Organization, SecretKeyRef } from "../../crds/types.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { OktaError } from "../../okta/errors.ts";
import type { ClientAuthentication } from "../../okta/oidc/client-authentication.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { readAuthentication } from "../../organizations/oidc-clients.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  type SecretValues,
} from "../../organizations/secret-values.ts";
import { messageOf, reasonOf } from "../okta-reason.ts";
import type { CredentialsCheck, DirectoryCheck, HookCheck } from "./okta-verdicts.ts";

/** What an organization can ask its Okta with, as its Secrets are now; or why it can't. */
export interface OktaCredentials {
  readonly client:
    | { readonly kind: "read"; readonly authentication: ClientAuthentication }
    | CredentialsCheck;
  readonly directory: { readonly kind: "read"; readonly directory: Directory } | DirectoryCheck;
  readonly eventHook: HookCheck;
}

/** The same, to be remembered: the client's secret as a fingerprint, which tells two apart without keeping either. */
export interface KnownCredentials {
  readonly client: string | CredentialsCheck;
  readonly directory: OktaCredentials["directory"];
  readonly eventHook: HookCheck;
}

export function toRemember({ client, ...others }: OktaCredentials): KnownCredentials {
  if (client.kind !== "read") return { client, ...others };
  const hash = createHash("sha256").update(JSON.stringify(client.authentication));
  return { client: hash.digest("base64url"), ...others };
}

/** Reads them anew. Never throws. */
export async function readCredentials(
  organization: Organization,
  { secrets, directories }: { secrets: SecretValues; directories: DirectoryClients },
): Promise<OktaCredentials> {
  const [client, directory, eventHook] = await Promise.all([
    readAuthentication(secrets, organization, { fresh: true }).then(
      (authentication) => ({ kind: "read", authentication }) as const,
      secretProblem,
    ),
    directories
      .of(organization, { fresh: true })
      .then(
        (directory) => (directory ? ({ kind: "read", directory } as const) : ({ kind: "none" } as const)),
        directoryProblem,
      ),
    readHookSecrets(secrets, organization),
  ]);
  return { client, directory, eventHook };
}

/** As the webhook reads them: during a rotation the secret before may be gone already. */
async function readHookSecrets(
  secrets: SecretValues,
  { metadata: { namespace = "" }, spec }: Organization,
): Promise<HookCheck> {
  const { eventHook } = spec.okta;
  if (!eventHook) return { kind: "none" };
  const { secretRef, previousSecretRef } = eventHook;
  const read = (ref: SecretKeyRef): Promise<HookCheck> =>
    secrets.read(namespace, ref, { fresh: true }).then(() => ({ kind: "found" }), secretProblem);
  const [present, previous] = await Promise.all([
    read(secretRef),
    previousSecretRef ? read(previousSecretRef) : undefined,
  ]);
  return present.kind !== "found" || !previous || previous.kind === "missing" ? present : previous;
}

/** Whether Okta has to be asked anew. A Directory is the same object as long as its settings and credentials are the same. */
export function sameCredentials(
  one: Omit<KnownCredentials, "eventHook">,
  other: Omit<KnownCredentials, "eventHook">,
): boolean {
  const directories = [one.directory, other.directory].map((each) =>
    each.kind === "read" ? each.directory : each,
  );
  return (
    isDeepStrictEqual(one.client, other.client) &&
    (one.directory.kind === "read" || other.directory.kind === "read"
      ? directories[0] === directories[1]
      : isDeepStrictEqual(directories[0], directories[1]))
  );
}

function secretProblem(error: unknown): Extract<HookCheck, { message: string }> {
  const message = messageOf(error);
  if (error instanceof SecretNotFoundError) return { kind: "missing", message };
  if (error instanceof SecretForbiddenError) return { kind: "forbidden", message };
  return { kind: "unreadable", message };
}

function directoryProblem(error: unknown): DirectoryCheck {
  const message = messageOf(error);
  if (error instanceof OktaError) return { kind: "failed", reason: reasonOf(error), message };
  if (error instanceof SecretNotFoundError)
    return { kind: "failed", reason: "DirectorySecretMissing", message };
  if (error instanceof SecretForbiddenError) return { kind: "failed", reason: "SecretForbidden", message };
  return { kind: "unreadable", message };
}
