import type { DirectoryError } from "./directory/directory-errors.ts";
import type { HttpError } from "./http/http-errors.ts";
import type { IssuerError } from "./oidc/issuer-errors.ts";
import type { LoginError } from "./oidc/login-errors.ts";
import type { PrivateKeyInvalidError } from "./private-key.ts";

/** Everything that speaking with Okta can end in, told apart by `code`. */
export type AnyOktaError = HttpError | IssuerError | LoginError | DirectoryError | PrivateKeyInvalidError;
