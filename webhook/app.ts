import express, { type ErrorRequestHandler, type Express, type Request } from "express";
import type { Logger } from "pino";
import { keyOf } from "../kubernetes/index.ts";
import { type ApiDeps, apiRoutes } from "./api-routes.ts";
import { Door, type DoorDeps } from "./door/door.ts";
import { accessLog } from "./http/access-log.ts";
import { askedAgainAt } from "./http/asked-again.ts";
import { logProblem, sendProblem } from "./http/problem.ts";
import { problemOf } from "./http/problem-of-error.ts";
import { perAddress } from "./http/rate-limits.ts";
import { bodyError, RequestError } from "./http/request-errors.ts";
import { sameSiteOnly } from "./http/same-site.ts";
import { wayBack } from "./http/way-back.ts";
import { assets } from "./routes/assets.ts";
import { type AuthDeps, auth } from "./routes/auth.ts";
import { type CallbackDeps, callback } from "./routes/callback.ts";
import { confirmEndSessions, type EndSessionsDeps, endSessions } from "./routes/end-sessions.ts";
import { type HomeDeps, home } from "./routes/home.ts";
import { type HooksDeps, hookChallenge, hookDelivery } from "./routes/hooks.ts";
import { type JwksDeps, jwks } from "./routes/jwks.ts";
import { type LocalDeps, local, localForm } from "./routes/local.ts";
import { type LoginDeps, login } from "./routes/login.ts";
import { confirmLogout, type LogoutDeps, loggedOut, logout } from "./routes/logout.ts";
import { type MappingsDeps, mappings, previewMappings, saveMappings } from "./routes/mappings.ts";
import { session } from "./routes/session.ts";
import { type SettingsDeps, settings as settingsPage } from "./routes/settings.ts";
import { type UserDeps, user } from "./routes/user.ts";
import { type UsersDeps, users } from "./routes/users.ts";
import { type UsersCSVDeps, usersCSV } from "./routes/users-csv.ts";
import { type WhyDeps, why } from "./routes/why.ts";
import { MAX_TOKEN_LENGTH } from "./tokens/token-claims.ts";

export interface AppSettings {
  readonly baseURL: string;
  /** What express takes as "trust proxy". */
  readonly trustedProxies: number | string[] | false;
  /** Sign-in requests of one address in a minute. */
  readonly loginsPerMinute: number;
  /** Requests of one program or person to the API in a minute. */
  readonly apiRequestsPerMinute: number;
}

export type AppDeps = DoorDeps &
  AuthDeps &
  JwksDeps &
  LoginDeps &
  CallbackDeps &
  LocalDeps &
  LogoutDeps &
  HooksDeps &
  HomeDeps &
  SettingsDeps &
  WhyDeps &
  ApiDeps &
  MappingsDeps &
  UsersDeps &
  UserDeps &
  EndSessionsDeps &
  UsersCSVDeps & { readonly log: Logger };

/** The login webhook's routes. The order matters: the door comes before all that costs time. */
export function createApp(deps: AppDeps, settings: AppSettings): Express {
  const { baseURL, loginsPerMinute } = settings;
  const app = express();
  app.disable("x-powered-by");
  app.set("etag", false);
  app.set("query parser", "simple");
  // An address is one spelling of it: what is nearly /session must not be taken for it, neither here nor by a proxy.
  app.enable("case sensitive routing");
  app.enable("strict routing");
  app.set("trust proxy", settings.trustedProxies);

  const door = new Door(deps);
  app.get("/session", session(door));
  app.use(auth(door, deps));

  app.use(accessLog(deps.log));
  if (new URL(baseURL).protocol === "https:") {
    app.use((_req, res, next) => {
      res.setHeader("Strict-Transport-Security", "max-age=31536000");
      next();
    });
  }
  const limited = perAddress(loginsPerMinute);
  const ours = sameSiteOnly(baseURL);
  const form = (limit: number, parameterLimit = 10) =>
    express.urlencoded({ extended: false, limit, parameterLimit });

  app.get("/.well-known/jwks.json", jwks(deps));
  app.get("/", home(deps));
  app.get("/login/assets/:file", assets);
  app.all("/login/:path", limited, login(deps));
  app.get("/login/:path/me", home(deps));
  app.get("/login/:path/settings", settingsPage(deps));
  app.get("/login/:path/why", why(deps));
  app.get("/login/:path/users", users(deps));
  app.get("/login/:path/users.csv", usersCSV(deps));
  app.get("/login/:path/users/:name", user(deps));
  app.get("/login/:path/users/:name/end-sessions", confirmEndSessions(deps));
  app.post("/login/:path/users/:name/end-sessions", ours, form(1_000), endSessions(deps));
  // A field for each role, and more groups in them than there is room for on a page.
  const mappingForm = form(400_000, 200);
  app.get("/login/:path/mappings", mappings(deps));
  app.post("/login/:path/mappings", ours, mappingForm, previewMappings(deps));
  app.post("/login/:path/mappings/save", ours, mappingForm, saveMappings(deps));
  app.get("/callback/:path", limited, callback(deps));
  // Nobody is turned away here for what others of the same address do: behind a proxy that isn't trusted, these are all.
  app.get("/login/:path/local", localForm(deps));
  // Percent-encoding can make a character three.
  app.post("/login/:path/local", ours, form(3 * MAX_TOKEN_LENGTH + 100), local(deps));
  app.get("/logout", confirmLogout(deps));
  app.get("/logout/done", loggedOut(deps));
  app.post("/logout", ours, limited, form(4_000), logout(deps));

  // Okta speaks here, and nobody's browser.
  app.get("/hooks/okta/:path", hookChallenge(deps));
  app.post("/hooks/okta/:path", ...hookDelivery(deps));

  // Programs speak here; whoever asks is limited by who they are.
  app.use("/api/v1", apiRoutes(deps, settings.apiRequestsPerMinute));

  app.use(() => {
    throw new RequestError({
      code: "not-found",
      status: 404,
      title: "There is no such page",
      message: "Sign in at your organization's login URI, which looks like /login/your-organization.",
    });
  });
  app.use(answerErrors(deps));
  return app;
}

function answerErrors({ organizations, log }: Pick<AppDeps, "organizations" | "log">): ErrorRequestHandler {
  return (thrown: unknown, req, res, _next) => {
    const error = bodyError(thrown) ?? thrown;
    const organization = organizationOf(req.path);
    const problem = problemOf(error, organization, wayBack(req), pageOf(req));
    const about = { organization: organization && keyOf(organization) };
    logProblem(log, problem, error, req, "A request failed.", about);
    if (res.headersSent) res.destroy();
    else sendProblem(req, res, problem);
  };

  /** For the page to name it, and to lead back to its sign-in. */
  function organizationOf(path: string) {
    const [, loginPath] = /^\/(?:login|callback)\/([^/]+)/.exec(path) ?? [];
    return organizations.find(loginPath); // none: then the page names none
  }
}

/** What was asked for, where it is a page of an organization. Who signs in past Okta does it again where they did. */
function pageOf(req: Request): { again: string | undefined } | undefined {
  const [, page] = /^\/login\/[^/]+\/(.+)/.exec(req.path) ?? [];
  return page === undefined ? undefined : { again: page === "local" ? req.path : askedAgainAt(req) };
}
