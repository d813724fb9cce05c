/** A session check as one gets it from express-openid-connect: requiresAuth, and what the session says. */
import { createServer } from "node:http";
import express from "express";
import eoc from "express-openid-connect";
import { listen } from "./listening.ts";
import { settings } from "./settings.ts";

const { issuer, clientID, clientSecret, port } = settings;

const app = express();
app.disable("x-powered-by");
app.set("etag", false);
app.use(
  eoc.auth({
    issuerBaseURL: issuer,
    baseURL: `http://localhost:${port}`,
    clientID,
    clientSecret,
    secret: "a-secret-of-at-least-thirty-two-characters",
    authRequired: false,
    authorizationParams: { response_type: "code", scope: "openid profile email" },
  }),
);
app.get("/session", eoc.requiresAuth(), (req, res) => {
  res.json(req.oidc.user);
});

listen(createServer(app));
