import { Http } from "../../../okta/http/http.ts";
import { Issuers, type IssuersOptions } from "../../../okta/oidc/issuer.ts";
import { Oidc, type OidcSettings, type SignedIn } from "../../../okta/oidc/oidc.ts";
import { LOOPBACK } from "../loopback.ts";
import { TestProvider } from "./provider.ts";

export const REDIRECT_URI = "https://login.example.com/callback/acme";

/** A provider, and a client of it. */
export class Login implements AsyncDisposable {
  readonly provider: TestProvider;
  readonly http: Http;
  readonly issuers: Issuers;
  readonly oidc: Oidc;
  /** ms that the clocks are ahead: the one that never goes back, and the wall's. */
  ahead = 0;

  private constructor(provider: TestProvider, options: Partial<IssuersOptions>) {
    this.provider = provider;
    this.http = new Http({ destinations: LOOPBACK, timeoutMs: 5_000 });
    this.issuers = new Issuers({ http: this.http, now: () => performance.now() + this.ahead, ...options });
    this.oidc = new Oidc({ http: this.http, issuers: this.issuers, now: () => Date.now() + this.ahead });
  }

  static async start(options: Partial<IssuersOptions> = {}): Promise<Login> {
    return new Login(await TestProvider.start(), options);
  }

  get settings(): OidcSettings {
    return {
      issuer: this.provider.issuer,
      clientID: TestProvider.clientID,
      authentication: { kind: "secret", secret: TestProvider.clientSecret },
      scopes: ["openid", "profile", "email", "groups"],
      claims: { groups: "groups", email: "email", name: "name" },
    };
  }

  /** A whole sign-in. `callback` changes what the browser brings back. */
  async signIn({
    settings = this.settings,
    callback = (url) => url,
  }: {
    settings?: OidcSettings;
    callback?: (url: URL) => URL;
  } = {}): Promise<SignedIn> {
    const { url, transaction } = await this.oidc.startLogin(settings, {
      redirectURI: REDIRECT_URI,
      returnTo: "/home",
    });
    const { href: callbackURL } = callback(new URL(this.provider.authorize(url, REDIRECT_URI)));
    return await this.oidc.finishLogin(settings, { callbackURL, transaction });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.provider[Symbol.asyncDispose]();
    await this.http.close();
  }
}
