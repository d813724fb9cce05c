import { timingSafeEqual } from "node:crypto";
import express, { type Request, type Response, Router } from "express";
import { errors } from "oidc-provider";
import { z } from "zod";
import { toTheSecond } from "../directory/clock.ts";
import type { Directory } from "../directory/directory.ts";
import type { User, UserStatus } from "../directory/entities.ts";
import { userParty } from "../directory/parties.ts";
import type { AuthorizationServer } from "./authorization-server.ts";
import { errorPage, pageHeaders, signInPage } from "./pages.ts";
import { storageKey } from "./storage.ts";

const form = z.object({ username: z.string().max(500), password: z.string().max(500) });

/** The page where people sign in, for all authorization servers: GET shows it, POST is the form. */
export function signInRoutes(servers: ReadonlyMap<string, AuthorizationServer>): Router {
  const router = Router();
  const path = "/signin/:server/:uid";
  router.get(path, (request, response) => show(request, response, servers));
  router.post(path, express.urlencoded({ extended: false, limit: "10kb" }), (request, response) =>
    submit(request, response, servers),
  );
  return router;
}

async function show(request: Request, response: Response, servers: ReadonlyMap<string, AuthorizationServer>) {
  const opened = await open(request, response, servers);
  if (!opened) return;
  const { server, interaction } = opened;
  if (interaction.prompt.name === "consent")
    return server.provider.interactionFinished(request, response, { consent: {} });
  sendPage(response, opened, String(interaction.params.login_hint ?? ""), 200);
}

async function submit(
  request: Request,
  response: Response,
  servers: ReadonlyMap<string, AuthorizationServer>,
) {
  const opened = await open(request, response, servers);
  if (!opened) return;
  const { server, interaction } = opened;
  const { directory, storage } = server.context;
  const filled = form.safeParse(request.body).data ?? { username: "", password: "" };
  const outcome = authenticate(directory, filled);
  const actor = outcome.user ? userParty(outcome.user) : unknownPerson(filled.username);
  directory.log.append({
    eventType: "user.session.start",
    displayMessage: "User login to Okta",
    actor,
    target: [actor],
    ...(outcome.refusal === undefined ? {} : { outcome: { result: "FAILURE", reason: outcome.reason } }),
    ipAddress: request.ip ?? null,
    userAgent: request.get("user-agent") ?? null,
  });
  if (outcome.refusal !== undefined) return sendPage(response, opened, filled.username, 401, outcome.refusal);

  const { user } = outcome;
  directory.saveUser({ ...user, lastLogin: toTheSecond(directory.now()) });
  if (interaction.session && interaction.session.accountId !== user.id) {
    // Somebody else was signed in with this browser. Their session ends here, without the form that the package
    // would have the browser post for that.
    if (interaction.session.cookie)
      storage.delete(storageKey(server.id, "Session", interaction.session.cookie));
    delete interaction.session;
    await interaction.persist();
  }
  await server.provider.interactionFinished(
    request,
    response,
    { login: { accountId: user.id, amr: ["pwd"] } },
    { mergeWithLastSubmission: false },
  );
}

type Outcome =
  | { user: User; refusal?: undefined }
  | { user: User | undefined; refusal: string; reason: string };

function authenticate(directory: Directory, { username, password }: z.output<typeof form>): Outcome {
  const user = directory.findUser(username);
  const refusal = user && refusalOf(user.status);
  if (refusal && user.status === "LOCKED_OUT") return { user, refusal, reason: user.status };
  if (!user || user.password === undefined || !same(password, user.password))
    return { user, refusal: "Unable to sign in", reason: "INVALID_CREDENTIALS" };
  if (refusal) return { user, refusal, reason: user.status };
  return { user };
}

/** What Okta tells people of these statuses. It doesn't tell that an account is suspended, or isn't one yet. */
function refusalOf(status: UserStatus): string | undefined {
  switch (status) {
    case "ACTIVE":
      return undefined;
    case "LOCKED_OUT":
      return "Your account is locked. Please contact your administrator.";
    case "PASSWORD_EXPIRED":
      return "Your password has expired. Please contact your administrator.";
    case "RECOVERY":
      return "Your account is being recovered. Follow the link in the e-mail that you got.";
    case "STAGED":
    case "PROVISIONED":
    case "SUSPENDED":
    case "DEPROVISIONED":
      return "Unable to sign in";
  }
}

async function open(request: Request, response: Response, servers: ReadonlyMap<string, AuthorizationServer>) {
  const server = servers.get(String(request.params.server));
  try {
    const interaction = await server?.provider.interactionDetails(request, response);
    if (server && interaction && interaction.uid === request.params.uid) return { server, interaction };
  } catch (error) {
    if (!(error instanceof errors.SessionNotFound)) throw error;
  }
  const organization = server?.context.settings.organization ?? "Okta";
  const message = "This sign-in is over or has expired. Start again from the application.";
  response.status(400).set(pageHeaders).send(errorPage(organization, message));
  return undefined;
}

type Opened = NonNullable<Awaited<ReturnType<typeof open>>>;

function sendPage(
  response: Response,
  opened: Opened,
  username: string,
  status: number,
  refusal?: string,
): void {
  const { apps, settings } = opened.server.context;
  const clientId = String(opened.interaction.params.client_id);
  const app = apps.get(clientId)?.label ?? clientId;
  const { organization } = settings;
  response.status(status).set(pageHeaders).send(signInPage({ organization, app, username, refusal }));
}

function unknownPerson(username: string) {
  return { id: "unknown", type: "User", alternateId: username || "unknown", displayName: "unknown" } as const;
}

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
