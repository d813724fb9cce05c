import express, { type NextFunction, type Request, type Response, Router } from "express";
import type { Call } from "./calls.ts";
import { errors } from "./directory/okta-error.ts";
import { type Misdelivery, misdelivery } from "./event-hooks/delivery-faults.ts";
import { type Misbehaving, type Misbehaviour, misbehaviour } from "./faults.ts";
import { type AppSeed, organizationSeed, parseSeed, SeedError } from "./seed.ts";

/** What can be controlled from outside of the process. */
export interface Controlled {
  misbehave(misbehaviour: Misbehaviour): Misbehaving;
  behave(): void;
  saveApp(app: AppSeed): unknown;
  readonly eventHooks: {
    misdeliver(misdelivery: Misdelivery): Misbehaving;
    readonly sent: readonly object[];
  };
  readonly calls: Iterable<Call>;
  readonly settings: object;
}

/** What may be changed while it runs, as in the seed. */
const settings = organizationSeed
  .pick({ readLagMs: true, eventDelivery: true, rateLimits: true, manyGroups: true, emptyGroupsClaim: true })
  .partial();

/**
 * Control over HTTP, with an API token: POST /stand-in/misbehaviours and /stand-in/misdeliveries (one of them as JSON),
 * DELETE /stand-in/misbehaviours (all of both), PUT /stand-in/apps (an app as in the seed), PATCH /stand-in/settings (some
 * as in the seed), GET /stand-in/calls, and GET /stand-in/deliveries (each try to deliver something to an event hook).
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
  router.post("/misdeliveries", (request, response) => {
    okta.eventHooks.misdeliver(parseSeed(misdelivery, request.body));
    response.status(204).end();
  });
  router.patch("/settings", (request, response) => {
    const parsed: Record<string, unknown> = parseSeed(settings, request.body);
    // Of what isn't there, the parsed ones have what a seed would mean by that.
    for (const name of Object.keys(request.body)) Reflect.set(okta.settings, name, parsed[name]);
    response.status(204).end();
  });
  router.get("/calls", (_request, response) => void response.json([...okta.calls]));
  router.get("/deliveries", (_request, response) => void response.json(okta.eventHooks.sent));
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
