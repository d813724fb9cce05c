import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Organization } from "../../crds/types.ts";
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
import type { CredentialsCheck, DirectoryCheck } from "./okta-verdicts.ts";

/** What an organization can ask its Okta with, as its Secrets are now; or why it can't. */
export interface OktaCredentials {
  readonly client:
    | { readonly kind: "read"; readonly authentication: ClientAuthentication }
    | CredentialsCheck;
  readonly directory: { readonly kind: "read"; readonly directory: Directory } | DirectoryCheck;
}

/** The same, to be remembered: the client's secret as a fingerprint, which tells two apart without keeping either. */
export interface KnownCredentials {
  readonly client: string | CredentialsCheck;
  readonly directory: OktaCredentials["directory"];
}

export function toRemember({ client, directory }: OktaCredentials): KnownCredentials {
  if (client.kind !== "read") return { client, directory };
  const hash = createHash("sha256").update(JSON.stringify(client.authentication));
  return { client: hash.digest("base64url"), directory };
}

/** Reads them anew. Never throws. */
export async function readCredentials(
  organization: Organization,
  { secrets, directories }: { secrets: SecretValues; directories: DirectoryClients },
): Promise<OktaCredentials> {
  const [client, directory] = await Promise.all([
    readAuthentication(secrets, organization, { fresh: true }).then(
      (authentication) => ({ kind: "read", authentication }) as const,
      clientProblem,
    ),
    directories
      .of(organization, { fresh: true })
      .then(
        (directory) => (directory ? ({ kind: "read", directory } as const) : ({ kind: "none" } as const)),
        directoryProblem,
      ),
  ]);
  return { client, directory };
}

/** A Directory is the same object as long as its settings and credentials are the same. */
export function sameCredentials(one: KnownCredentials, other: KnownCredentials): boolean {
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

function clientProblem(error: unknown): CredentialsCheck {
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
