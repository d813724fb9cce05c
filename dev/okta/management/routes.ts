import express, { type NextFunction, type Request, type Response, Router } from "express";
import { errors, OktaError } from "../directory/okta-error.ts";
import { spoilAnswer } from "../spoiled-answer.ts";
import { callerOf } from "./caller.ts";
import { eventHooksRoutes } from "./event-hooks-routes.ts";
import { groupsRoutes } from "./groups-routes.ts";
import { logsRoutes } from "./logs-routes.ts";
import type { ManagementContext } from "./route.ts";
import { usersRoutes } from "./users-routes.ts";

/** The part of Okta's Management API that deals with groups, users, the system log and event hooks, below /api/v1. */
export function managementRoutes(context: ManagementContext): Router {
  const router = Router();
  router.use(express.json({ limit: "1mb" }));
  for (const { method, path, scope, handle } of [
    ...groupsRoutes(context),
    ...usersRoutes(context),
    ...logsRoutes(context),
    ...eventHooksRoutes(context),
  ]) {
    router[method](path, async (request, response) => {
      const caller = await callerOf(request, context.org, context.apiTokens);
      if (!caller.may(scope)) throw insufficientScope(scope);
      const asked = { endpoint: "management", method: request.method, url: request.originalUrl } as const;
      const spoiling = caller.app === undefined ? undefined : context.faults.answer(asked, caller.app);
      if (spoiling && (await spoilAnswer(spoiling, response))) return;
      await handle(request, response, caller);
    });
  }
  router.use(() => {
    throw errors.noSuchPath();
  });
  router.use((error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const answer = refusalFor(error);
    if (answer.status >= 500) context.log.error({ err: error }, "the Management API failed");
    response.status(answer.status).set(answer.headers).json(answer.body());
  });
  return router;
}

function insufficientScope(scope: string): OktaError {
  return errors.accessDenied({ "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` });
}

function refusalFor(error: unknown): OktaError {
  if (error instanceof OktaError) return error;
  // The JSON parser's own errors are the caller's fault.
  const isCallers = error instanceof Error && "status" in error && Number(error.status) < 500;
  return isCallers ? errors.malformedBody() : errors.internal();
}
