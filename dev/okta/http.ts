import express, { type Express, type NextFunction, type Request, type Response } from "express";
import type { Calls } from "./calls.ts";
import { type Controlled, controlRoutes } from "./control-routes.ts";
import type { Clock } from "./directory/clock.ts";
import { errors } from "./directory/okta-error.ts";
import { type Endpoint, type Faults, programmatic } from "./faults.ts";
import type { ManagementContext } from "./management/route.ts";
import { managementRoutes } from "./management/routes.ts";
import type { AuthorizationServer } from "./oauth/authorization-server.ts";
import { logoutRoute } from "./oauth/logout-route.ts";
import { signInRoutes } from "./oauth/sign-in-routes.ts";
import { RateLimit, type RateLimitArea } from "./rate-limit.ts";
import type { Organization } from "./seed.ts";
import { spoilAnswer } from "./spoiled-answer.ts";

export interface HttpContext {
  servers: ReadonlyMap<string, AuthorizationServer>;
  management: ManagementContext;
  faults: Faults;
  requests: Record<Endpoint, number>;
  calls: Calls;
  settings: Pick<Organization, "rateLimits">;
  /** What /stand-in controls; undefined: nothing is there. */
  control: Controlled | undefined;
  now: Clock;
}

/** All of the organization's host: every path of every server. */
export function createApp(context: HttpContext): Express {
  const app = express();
  app.disable("x-powered-by").disable("etag");
  if (context.control) app.use("/stand-in", controlRoutes(context.control, context.management.apiTokens));
  app.use(watch(context));
  app.use("/api/v1", managementRoutes(context.management));
  app.use(signInRoutes(context.servers));
  for (const server of context.servers.values()) {
    // A custom server is mounted at its issuer's path, the org server at the root, where it shares the host.
    const mount = server.custom ? `/oauth2/${server.id}` : "/";
    app.use(mount, discoveryRoutes(server, context.faults));
    app.use(mount, logoutRoute(server, server.paths.logout));
    if (server.custom) app.use(mount, server.handle);
    else app.all(/^\/oauth2\/v1\//, server.handle);
  }
  app.use((_request, response) => void response.status(404).json(errors.noSuchPath().body()));
  return app;
}

/** Counts, limits, and spoils where it is wanted. */
function watch({ faults, requests, calls, settings, now }: HttpContext) {
  const areas = Object.keys(settings.rateLimits) as RateLimitArea[];
  const limits = new Map(areas.map((area) => [area, new RateLimit(() => settings.rateLimits[area], now)]));
  return async (request: Request, response: Response, next: NextFunction) => {
    const endpoint = endpointOf(request.path);
    if (!endpoint) return next();
    requests[endpoint]++;
    const { method, path, originalUrl: url } = request;
    const area = areaOf(request);
    const { used = 0, limit = 0 } = limits.get(area)?.count(response) ?? {};
    if (programmatic.includes(endpoint)) {
      const call = calls.add({ method, path, url, area, used, limit });
      response.on("finish", () => {
        call.status = response.statusCode;
      });
    }
    const asked = { endpoint, method, url };
    const spoiling = faults.answer(asked);
    if (spoiling && (await spoilAnswer(spoiling, response))) return;
    if (used > limit) return void response.status(429).json(errors.rateLimited().body());
    next();
  };
}

/** What a request is counted with, as in Okta's list of rate limits. */
function areaOf({ method, path }: Request): RateLimitArea {
  if (!path.startsWith("/api/v1/")) return "oauth";
  const [kind, id, below] = path.slice("/api/v1/".length).split("/");
  if (kind === "logs") return "logs";
  if (kind === "groups") return id !== undefined && below === undefined ? "group" : "groups";
  if (kind !== "users" || below !== undefined) return "other";
  return id !== undefined && method === "GET" ? "user" : "users";
}

const byName: Record<string, Endpoint> = {
  authorize: "authorize",
  token: "token",
  userinfo: "userinfo",
  keys: "keys",
  logout: "logout",
  introspect: "introspect",
  revoke: "revoke",
};

function endpointOf(path: string): Endpoint | undefined {
  if (path.startsWith("/api/v1/")) return "management";
  if (path.includes("/.well-known/")) return "discovery";
  if (path.startsWith("/signin/")) return "sign-in";
  const name = /^\/oauth2\/(?:[^/]+\/)?v1\/([a-z]+)/.exec(path)?.[1];
  return name === undefined ? undefined : byName[name];
}

function discoveryRoutes(server: AuthorizationServer, faults: Faults) {
  const router = express.Router();
  const names = server.custom
    ? ["openid-configuration", "oauth-authorization-server"]
    : ["openid-configuration"];
  for (const name of names)
    router.get(`/.well-known/${name}`, (request, response) => {
      const document = server.discovery();
      const asked = { endpoint: "discovery", method: request.method, url: request.originalUrl } as const;
      response.set("Cache-Control", "max-age=86400, must-revalidate");
      response.json({ ...document, issuer: faults.issuer(asked, server.issuer) });
    });
  return router;
}
