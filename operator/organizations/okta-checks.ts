import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import type { ClientAuthentication } from "../../okta/oidc/client-authentication.ts";
import { WrongIssuerError } from "../../okta/oidc/issuer-errors.ts";
import {
  type AuthenticationKind,
  DPoPRequiredError,
  InvalidClientError,
} from "../../okta/oidc/login-errors.ts";
import type { Oidc } from "../../okta/oidc/oidc.ts";
import { PrivateKeyInvalidError } from "../../okta/private-key.ts";
import type { DirectoryClients } from "../../organizations/directory-clients.ts";
import { oidcSettings, readAuthentication } from "../../organizations/oidc-clients.ts";
import {
  fingerprint,
  SecretForbiddenError,
  SecretNotFoundError,
  type SecretValues,
} from "../../organizations/secret-values.ts";
import { checkDirectory, type DirectoryCheck } from "./directory-check.ts";

/** Whether the organization's client and its secret or key are there, and Okta takes them. */
export type CredentialsCheck =
  | { readonly kind: "resolved"; readonly by: AuthenticationKind; readonly accepted: true }
  | {
      readonly kind: "resolved";
      readonly by: AuthenticationKind;
      readonly accepted: false;
      readonly note: string;
    }
  | { readonly kind: "missing" | "forbidden" | "invalid" | "rejected" | "unread"; readonly message: string };

/** Whether the issuer is one. */
export type IssuerCheck =
  | { readonly kind: "discovered" }
  | { readonly kind: "wrong" | "unreachable"; readonly message: string };

/** Everything that Okta was asked about one organization. */
export interface Looked {
  readonly issuer: IssuerCheck;
  readonly credentials: CredentialsCheck;
  readonly directory: DirectoryCheck;
  /** ms until it is worth asking again */
  readonly againMs: number;
}

/** Secrets aren't watched and Okta doesn't call: what holds is looked at again after this time. */
const LOOK_AGAIN_MS = 60_000;
/** What doesn't hold is looked at again sooner, since somebody may be waiting for it. */
const LOOK_AGAIN_FAILED_MS = 10_000;
/** How long an accepted client isn't asked about again while nothing changes: each question shows in Okta's log. */
const ACCEPTED_FOR_MS = 30 * 60_000;

/**
 * Asks Okta whether what an Organization says about it holds, and remembers the answer for a while, so that an
 * organization can be reconciled as often as its users change. What it finds it returns; it never throws.
 */
export class OktaChecks {
  readonly #oidc: Pick<Oidc, "discover" | "checkClient">;
  readonly #secrets: SecretValues;
  readonly #directories: DirectoryClients;
  readonly #accepted = new Map<string, { client: string; at: number }>();
  readonly #looked = new Map<string, { spec: string; at: number; looked: Looked }>();

  constructor(deps: {
    oidc: Pick<Oidc, "discover" | "checkClient">;
    secrets: SecretValues;
    directories: DirectoryClients;
  }) {
    this.#oidc = deps.oidc;
    this.#secrets = deps.secrets;
    this.#directories = deps.directories;
  }

  /** What holds of this organization now, or did when it was asked a moment ago. */
  async look(organization: Organization, callbackURI: string): Promise<Looked> {
    const key = keyOf(organization);
    const spec = `${organization.metadata.uid}/${organization.metadata.generation}`;
    const known = this.#looked.get(key);
    const age = known ? performance.now() - known.at : Number.POSITIVE_INFINITY;
    if (known?.spec === spec && age < known.looked.againMs)
      return { ...known.looked, againMs: known.looked.againMs - age };

    const [issuer, directory] = await Promise.all([
      this.#issuer(organization),
      checkDirectory(this.#directories, organization),
    ]);
    const credentials = await this.#credentials(organization, issuer, callbackURI);
    const holds = issuer.kind === "discovered" && isRead(directory) && isAccepted(credentials);
    const looked = { issuer, credentials, directory, againMs: holds ? LOOK_AGAIN_MS : LOOK_AGAIN_FAILED_MS };
    this.#looked.set(key, { spec, at: performance.now(), looked });
    return looked;
  }

  forget(organization: string): void {
    this.#accepted.delete(organization);
    this.#looked.delete(organization);
  }

  async #issuer(organization: Organization): Promise<IssuerCheck> {
    try {
      await this.#oidc.discover(organization.spec.okta.issuer, { fresh: true });
      return { kind: "discovered" };
    } catch (error) {
      return { kind: error instanceof WrongIssuerError ? "wrong" : "unreachable", message: messageOf(error) };
    }
  }

  /** @param issuer what the issuer's check gave: without a good one, the client can't be asked about */
  async #credentials(
    organization: Organization,
    issuer: IssuerCheck,
    callbackURI: string,
  ): Promise<CredentialsCheck> {
    const { okta } = organization.spec;
    const key = keyOf(organization);
    let authentication: ClientAuthentication;
    try {
      authentication = await readAuthentication(this.#secrets, organization, { fresh: true });
    } catch (error) {
      this.#accepted.delete(key);
      return { kind: kindOf(error), message: messageOf(error) };
    }
    const found = { kind: "resolved", by: authentication.kind } as const;
    if (issuer.kind !== "discovered")
      return { ...found, accepted: false, note: "Okta will be asked about it once the issuer is right." };

    const client = [okta.issuer, okta.clientID, fingerprint(JSON.stringify(authentication))].join("\n");
    const known = this.#accepted.get(key);
    if (known?.client === client && performance.now() - known.at < ACCEPTED_FOR_MS)
      return { ...found, accepted: true };
    try {
      await this.#oidc.checkClient(oidcSettings(organization, authentication), callbackURI);
      this.#accepted.set(key, { client, at: performance.now() });
      return { ...found, accepted: true };
    } catch (error) {
      this.#accepted.delete(key);
      if (error instanceof InvalidClientError || error instanceof DPoPRequiredError)
        return { kind: "rejected", message: error.message };
      if (error instanceof PrivateKeyInvalidError) return { kind: "invalid", message: error.message };
      return { ...found, accepted: false, note: `Okta could not be asked about it: ${messageOf(error)}` };
    }
  }
}

function kindOf(error: unknown): "missing" | "forbidden" | "unread" {
  if (error instanceof SecretNotFoundError) return "missing";
  return error instanceof SecretForbiddenError ? "forbidden" : "unread";
}

function isRead({ kind }: DirectoryCheck): boolean {
  return kind === "none" || kind === "reachable";
}

function isAccepted(check: CredentialsCheck): boolean {
  return check.kind === "resolved" && check.accepted;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
