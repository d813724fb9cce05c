import type { Logger } from "pino";
import type { Directory } from "../directory/directory.ts";
import type { Faults } from "../faults.ts";
import type { AuthorizationServerSettings } from "../seed.ts";
import type { AlterIdToken } from "./altered-id-token.ts";
import type { Apps } from "./apps.ts";
import type { ClaimsSource } from "./claims.ts";
import type { Paths } from "./discovery.ts";
import type { GroupsClaimRules } from "./groups-claim.ts";
import type { SigningKey } from "./keys.ts";
import type { Storage } from "./storage.ts";

/** What the authorization servers of one stand-in share. */
export interface OAuthContext {
  directory: Directory;
  apps: Apps;
  storage: Storage;
  faults: Faults;
  settings: GroupsClaimRules & { issuerParameter: boolean; organization: string };
  alterIdToken: () => AlterIdToken | undefined;
  dpopNonceSecret: Buffer;
  log: Logger;
}

/** What an authorization server is to those who configure the oidc-provider package for it and finish its answers. */
export interface ServerDescription {
  /** "org", or the id of a custom server. */
  readonly id: string;
  readonly issuer: string;
  readonly paths: Paths;
  readonly scopes: readonly string[];
  readonly context: OAuthContext;
  readonly custom: AuthorizationServerSettings | undefined;
  /** The key that tokens are signed with now. */
  readonly key: SigningKey;
  claimsSource(): ClaimsSource;
}
