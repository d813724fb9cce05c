import type { KoaContextWithOIDC } from "oidc-provider";
import { z } from "zod";
import type { Endpoint } from "../faults.ts";
import { spoilAnswer } from "../spoiled-answer.ts";
import { alteredIdToken } from "./altered-id-token.ts";
import { scopeNotConfigured } from "./okta-words.ts";
import type { ServerDescription } from "./server-description.ts";

const tokenAnswer = z.looseObject({ id_token: z.string() });
const activeToken = z.looseObject({ active: z.literal(true), sub: z.string() });

const endpointOf: Record<string, Endpoint> = {
  token: "token",
  userinfo: "userinfo",
  introspection: "introspect",
  revocation: "revoke",
  authorization: "authorize",
  resume: "authorize",
};

/** Puts into Okta's shape what the oidc-provider package has answered, and spoils it where a fault says so. */
export async function finishAnswer(ctx: KoaContextWithOIDC, server: ServerDescription): Promise<void> {
  const { faults, directory, settings } = server.context;
  const app = ctx.oidc.client?.clientId;
  switch (ctx.oidc.route) {
    case "token":
      await finishTokens(ctx, server);
      break;
    case "introspection": {
      const body = activeToken.safeParse(ctx.body).data;
      const user = body && directory.users.get(body.sub);
      if (user) ctx.body = { ...body, username: user.profile.login, uid: user.id };
      break;
    }
    case "authorization":
    case "resume":
      if (!settings.issuerParameter) withoutIssuer(ctx);
      break;
  }
  const endpoint = endpointOf[ctx.oidc.route];
  if (!app || !endpoint) return;
  const spoiling = faults.answer({ endpoint, method: ctx.method, url: ctx.originalUrl }, app);
  if (!spoiling) return;
  if (await spoilAnswer(spoiling, ctx.res)) ctx.respond = false;
}

async function finishTokens(ctx: KoaContextWithOIDC, server: ServerDescription): Promise<void> {
  const token = ctx.oidc.entities.ClientCredentials;
  if (token && ctx.status === 200) {
    const asked = z.looseObject({ scope: z.string().default("") }).parse(ctx.oidc.body).scope;
    if (asked !== token.scope) {
      // The package drops scopes that it doesn't know, and gives tokens without any. Okta refuses both.
      await token.destroy();
      ctx.status = 400;
      ctx.body = { error: "invalid_scope", error_description: scopeNotConfigured };
    }
    return;
  }
  const alter = server.context.alterIdToken();
  const body = tokenAnswer.safeParse(ctx.body).data;
  if (!alter || !body) return;
  const issuedTo = { app: ctx.oidc.client?.clientId ?? "", server: server.id };
  ctx.body = { ...body, id_token: await alteredIdToken(body.id_token, alter, server.key, issuedTo) };
}

/** The package sends `iss` with every error (RFC 9207); Okta doesn't. */
function withoutIssuer(ctx: KoaContextWithOIDC): void {
  const location = ctx.response.get("location");
  if (!URL.canParse(location)) return;
  const url = new URL(location);
  if (!url.searchParams.has("error")) return;
  url.searchParams.delete("iss");
  ctx.set("location", url.href);
}
