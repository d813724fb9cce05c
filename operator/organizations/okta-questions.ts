import type { Organization } from "../../crds/types.ts";
import type { Directory } from "../../okta/directory/directory.ts";
import { OktaError } from "../../okta/errors.ts";
import type { ClientAuthentication } from "../../okta/oidc/client-authentication.ts";
import { WrongIssuerError } from "../../okta/oidc/issuer-errors.ts";
import { DPoPRequiredError, InvalidClientError } from "../../okta/oidc/login-errors.ts";
import type { Oidc } from "../../okta/oidc/oidc.ts";
import { PrivateKeyInvalidError } from "../../okta/private-key.ts";
import { oidcSettings } from "../../organizations/oidc-clients.ts";
import { isRateLimited, messageOf, reasonOf } from "../okta-reason.ts";
import type { CredentialsCheck, DirectoryCheck, IssuerCheck } from "./okta-verdicts.ts";

/** Whether this is an issuer. Never throws. */
export async function askIssuer(oidc: Pick<Oidc, "discover">, issuer: string): Promise<IssuerCheck> {
  try {
    await oidc.discover(issuer, { fresh: true });
    return { kind: "discovered" };
  } catch (error) {
    const message = messageOf(error);
    if (isRateLimited(error)) return { kind: "unread", reason: "IssuerRateLimited", message };
    return { kind: error instanceof WrongIssuerError ? "wrong" : "unreachable", message };
  }
}

/** Whether the issuer, a good one, takes the organization's client. Never throws. */
export async function askClient(
  oidc: Pick<Oidc, "checkClient">,
  organization: Organization,
  authentication: ClientAuthentication,
  callbackURI: string,
): Promise<CredentialsCheck> {
  const found = { kind: "resolved", by: authentication.kind } as const;
  try {
    await oidc.checkClient(oidcSettings(organization, authentication), callbackURI);
    return { ...found, accepted: true };
  } catch (error) {
    if (error instanceof InvalidClientError || error instanceof DPoPRequiredError)
      return { kind: "rejected", message: error.message };
    if (error instanceof PrivateKeyInvalidError) return { kind: "invalid", message: error.message };
    const note = `Okta could not be asked about it: ${messageOf(error)}`;
    return { ...found, accepted: false, note, ...(isRateLimited(error) ? { isOpen: true } : {}) };
  }
}

/** Whether the directory can be read with these credentials. Never throws. */
export async function askDirectory(directory: Directory): Promise<DirectoryCheck> {
  try {
    await directory.check();
    return { kind: "reachable" };
  } catch (error) {
    const reason = error instanceof OktaError ? reasonOf(error) : "DirectoryUnreadable";
    return { kind: isRateLimited(error) ? "unread" : "failed", reason, message: messageOf(error) };
  }
}
