/**
 * The least that a login callback can be with openid-client, in express: it redeems the code, lets the library verify
 * everything that it can (the signature included, which it doesn't by default), and sets a cookie. Nothing is stored,
 * unless it is told where; nobody's groups are looked at.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import express from "express";
import * as oidc from "openid-client";
import { z } from "zod";
import { listen } from "./listening.ts";
import { rawWrites } from "./raw-writes.ts";
import { settings } from "./settings.ts";

const { issuer, clientID, clientSecret, writesTo } = settings;

const claims = z.object({ sub: z.string(), email: z.string(), groups: z.array(z.string()) });
const store = writesTo && (await rawWrites(writesTo));

const configuration = await oidc.discovery(
  new URL(issuer),
  clientID,
  undefined,
  oidc.ClientSecretBasic(clientSecret),
  { execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] },
);

const app = express();
app.disable("x-powered-by");

app.get("/login/acme", async (req, res) => {
  const [state, nonce, verifier] = [oidc.randomState(), oidc.randomNonce(), oidc.randomPKCECodeVerifier()];
  const url = oidc.buildAuthorizationUrl(configuration, {
    redirect_uri: `http://${req.headers.host}/callback/acme`,
    scope: "openid profile email groups",
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  res.setHeader("Set-Cookie", `login=${[state, nonce, verifier].join(".")}; Path=/; HttpOnly; SameSite=Lax`);
  res.redirect(303, url.href);
});

app.get("/callback/acme", async (req, res) => {
  const [state = "", nonce = "", verifier = ""] =
    /(?:^|; )login=([^;]+)/.exec(req.headers.cookie ?? "")?.[1]?.split(".") ?? [];
  const tokens = await oidc.authorizationCodeGrant(
    configuration,
    new URL(req.originalUrl, `http://${req.headers.host}`),
    { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true },
  );
  if (tokens.claims()?.sub === undefined) throw new Error("nobody has signed in");
  if (store) {
    const { sub: subject, ...rest } = claims.parse(tokens.claims());
    await store({ issuer, subject, ...rest });
  }
  res.setHeader(
    "Set-Cookie",
    `session=${randomBytes(32).toString("base64url")}; Path=/; HttpOnly; SameSite=Lax`,
  );
  res.redirect(303, "/");
});

listen(createServer(app));
