import type { Organization } from "../../crds/types.ts";
import type { OidcClients } from "../../organizations/oidc-clients.ts";
import type { Organizations } from "../organizations.ts";
import type { BrowserCookie } from "./browser-cookie.ts";
import { fitsInState, type LoginStates, settingsDigest } from "./login-states.ts";
import type { Way } from "./return-to.ts";

export interface LoginStartsOptions {
  readonly okta: Pick<OidcClients, "startLogin">;
  readonly organizations: Pick<Organizations, "callbackURI">;
  readonly states: LoginStates;
  readonly browsers: BrowserCookie;
}

/** A sign-in that has begun. */
export interface LoginStart {
  /** Where to send the browser: to Okta. */
  readonly url: string;
  readonly state: string;
  /** Set-Cookie headers. */
  readonly setCookies: readonly string[];
  /** An address that is too long for the state, and has to be kept beside. */
  readonly long: string | undefined;
}

/** Begins sign-ins. */
export class LoginStarts {
  readonly #options: LoginStartsOptions;

  constructor(options: LoginStartsOptions) {
    this.#options = options;
  }

  /** @throws what speaking with Okta throws, KeysUnavailableError */
  async begin(
    organization: Organization,
    cookieHeader: string | undefined,
    { way, anew = false, restarts = 0 }: { way: Way; anew?: boolean; restarts?: number },
  ): Promise<LoginStart> {
    const { okta, organizations, states, browsers } = this.#options;
    const known = browsers.read(cookieHeader);
    const made = known === undefined ? browsers.make() : undefined;
    const address = way.kind === "address" ? way.path : undefined;
    const isLong = address !== undefined && !fitsInState(address);
    const proof = states.make(known ?? made?.browser ?? "", {
      organizationID: organization.metadata.uid ?? "",
      settings: settingsDigest(organization.spec.okta),
      createdAt: Date.now(),
      path: isLong ? undefined : address,
      restarts,
    });
    const { url } = await okta.startLogin(organization, {
      redirectURI: organizations.callbackURI(organization),
      returnTo: "",
      proof,
      ...(anew ? { prompt: "login" } : {}),
    });
    return {
      url,
      state: proof.state,
      setCookies: made ? [made.setCookie] : [],
      long: isLong ? address : undefined,
    };
  }
}
