import { randomBytes } from "node:crypto";
import { freePort } from "../../dev/control-plane/ports.ts";
import type { Bench } from "../bench.ts";
import { builtInGo } from "../built-in-go.ts";
import { type ForeignProgram, startForeign } from "./foreign-program.ts";

const PACKAGE = "github.com/oauth2-proxy/oauth2-proxy/v7";

/** Where people sign in, and what a proxy asks. */
export const OAUTH2_PROXY_LOGIN = "/oauth2/start";
export const OAUTH2_PROXY_QUESTION = "/oauth2/auth";

/**
 * Starts oauth2-proxy at the bench's provider, built from the module in bench/oauth2-proxy.
 * @returns a sentence where it can't be built
 */
export async function startOauth2Proxy(bench: Bench): Promise<ForeignProgram | { why: string }> {
  const built = await builtInGo({ name: "oauth2-proxy", main: PACKAGE }, bench.say);
  if ("why" in built) return built;
  const port = await freePort();
  const baseURL = `http://localhost:${port}`;
  const { issuer, clientID, clientSecret } = bench.provider;
  const flags = {
    "http-address": `127.0.0.1:${port}`,
    provider: "oidc",
    "oidc-issuer-url": issuer,
    "client-id": clientID,
    "client-secret": clientSecret,
    "redirect-url": `${baseURL}/oauth2/callback`,
    scope: "openid profile email groups",
    "email-domain": "*",
    "cookie-secret": randomBytes(16).toString("hex"),
    "cookie-secure": "false",
    // Without the tokens, which it would decrypt for each question and has no need of.
    "session-cookie-minimal": "true",
    "set-xauthrequest": "true",
    upstream: "static://200",
    "request-logging": "false",
    "auth-logging": "false",
    "standard-logging": "false",
  };
  return startForeign(bench, {
    name: "oauth2-proxy",
    command: [built.path, ...Object.entries(flags).map(([name, value]) => `--${name}=${value}`)],
    baseURL,
    path: "/ping",
  });
}
