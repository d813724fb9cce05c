import express, { type ErrorRequestHandler, type RequestHandler, type Router } from "express";
import type { Logger } from "pino";
import { askedAbout } from "./api/asked-about.ts";
import type { Callers } from "./api/callers.ts";
import { problemOfApiError } from "./api/problem-of-api-error.ts";
import { ApiRefusal, MethodNotAllowedError, NotThereError, TooManyRequestsError } from "./api/refusals.ts";
import { logProblem, sendProblemJSON } from "./http/problem.ts";
import { perCaller } from "./http/rate-limits.ts";
import { bodyError } from "./http/request-errors.ts";
import { type ExplainDeps, explanations } from "./routes/api/explain.ts";
import { type MeDeps, me } from "./routes/api/me.ts";
import { openapi } from "./routes/api/openapi.ts";
import { type UserDeps, user } from "./routes/api/user.ts";
import { type UsersDeps, users } from "./routes/api/users.ts";

export type ApiDeps = MeDeps &
  UsersDeps &
  UserDeps &
  ExplainDeps & { readonly callers: Callers; readonly log: Logger };

/**
 * The API for programs: who is registered at an organization, which roles they hold and why. It is for reading. Each
 * answer is JSON, problems are as well.
 * @param requestsPerMinute of one caller
 */
export function apiRoutes(deps: ApiDeps, requestsPerMinute: number): Router {
  const { callers, log } = deps;
  const identified: RequestHandler = async (req, _res, next) => {
    const { namespace, name } = askedAbout(req);
    await callers.identify(req, `${namespace}/${name}`);
    next();
  };
  const limited = perCaller(
    requestsPerMinute,
    (req) => callers.of(req).name,
    (req, retryAfterS) => new TooManyRequestsError(callers.of(req), requestsPerMinute, retryAfterS),
  );
  const api = express.Router({ caseSensitive: true, strict: true });
  const reads = (path: string, ...handlers: RequestHandler[]): void => {
    api.get(path, ...handlers);
    api.all(path, () => {
      throw new MethodNotAllowedError();
    });
  };
  const organization = "/organizations/:namespace/:name";
  reads("/openapi.json", openapi());
  reads(`${organization}/users`, identified, limited, users(deps));
  reads(`${organization}/users/:id`, identified, limited, user(deps));
  reads(`${organization}/explain`, identified, limited, explanations(deps));
  reads(`${organization}/me`, identified, limited, me(deps));
  api.use(() => {
    throw new NotThereError(
      "not-found",
      "There is nothing at this address: /api/v1/openapi.json says what there is.",
    );
  });
  api.use(answerErrors(log));
  return api;
}

function answerErrors(log: Logger): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const error = bodyError(thrown) ?? thrown;
    const problem = problemOfApiError(error);
    logProblem(log, problem, error, req, "A program's request failed.");
    if (res.headersSent) {
      res.destroy();
      return;
    }
    if (error instanceof ApiRefusal)
      for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
    res.removeHeader("ETag");
    sendProblemJSON(req, res, problem);
  };
}
