import express, { type NextFunction, type Request, type Response, Router } from "express";
import { errors } from "./directory/okta-error.ts";
import { type Misbehaving, type Misbehaviour, misbehaviour } from "./faults.ts";
import { type AppSeed, SeedError } from "./seed.ts";

/** What can be controlled from outside of the process. */
export interface Controlled {
  misbehave(misbehaviour: Misbehaviour): Misbehaving;
  behave(): void;
  saveApp(app: AppSeed): unknown;
}

/**
 * Control over HTTP, with an API token: POST /stand-in/misbehaviours (a Misbehaviour as JSON), DELETE of the same
 * (all of them), and PUT /stand-in/apps (an app as in the seed).
 */
export function controlRoutes(okta: Controlled, apiTokens: ReadonlySet<string>): Router {
  const router = Router();
  router.use((request, _response, next) => {
    const [scheme, token = ""] = (request.get("authorization") ?? "").split(" ");
    next(scheme === "SSWS" && apiTokens.has(token) ? undefined : errors.invalidToken());
  });
  router.use(express.json());
  router.post("/misbehaviours", (request, response) => {
    const parsed = misbehaviour.safeParse(request.body);
    if (!parsed.success) throw new SeedError(`Not a misbehaviour: ${parsed.error.message}`);
    okta.misbehave(request.body as Misbehaviour);
    response.status(204).end();
  });
  router.delete("/misbehaviours", (_request, response) => {
    okta.behave();
    response.status(204).end();
  });
  router.put("/apps", (request, response) => {
    okta.saveApp(request.body as AppSeed);
    response.status(204).end();
  });
  router.use((error: Error, _request: Request, response: Response, _next: NextFunction) => {
    const status = "status" in error ? Number(error.status) : error instanceof SeedError ? 400 : 500;
    response.status(status).json({ error: error.message });
  });
  return router;
}
