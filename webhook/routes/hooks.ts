import express, { type Request, type RequestHandler, type Response } from "express";
import type { OktaEventHook, Organization } from "../../crds/types.ts";
import { KubernetesError } from "../../kubernetes/index.ts";
import { challengeAnswer, readDelivery } from "../../okta/events/event-hook.ts";
import type { EventHooks } from "../hooks/event-hooks.ts";
import type { HookSecrets } from "../hooks/hook-secrets.ts";
import { CHALLENGE } from "../http/challenge.ts";
import { perPath } from "../http/rate-limits.ts";
import { RequestError } from "../http/request-errors.ts";
import { sendJSON, sendNothing } from "../http/respond.ts";
import { NamespaceUnreadableError, type Organizations, UnknownOrganizationError } from "../organizations.ts";

export interface HooksDeps {
  readonly organizations: Pick<Organizations, "at">;
  readonly hookSecrets: HookSecrets;
  readonly hooks: EventHooks;
}

/** Many events in one delivery are a megabyte. */
const MAX_DELIVERY_BYTES = 4 * 1024 * 1024;
/** Deliveries of one organization in a minute: more than Okta sends of all events that it has in an hour. */
const MOST_DELIVERIES = 30_000;

/**
 * GET /hooks/okta/:path - Okta verifies that the hook's address is right: what it asks is answered. It sends the secret
 * along; a wrong one is told here already, where somebody is looking.
 */
export function hookChallenge(deps: HooksDeps): RequestHandler {
  return async (req, res) => {
    const hooked = hookedAt(deps, req);
    const sendsSecret = req.headers.authorization !== undefined;
    if (sendsSecret) await admit(deps, hooked, req, res);
    const answer = challengeAnswer(req.headers["x-okta-verification-challenge"]);
    if (!answer) throw new NoChallengeError();
    // Anybody may ask without the secret, and learns nothing by it.
    if (sendsSecret) deps.hooks.called(hooked.organization, "verified");
    sendJSON(res, 200, answer);
  };
}

/**
 * POST /hooks/okta/:path - Okta tells what has happened. It is answered when what to look at again is stored: what is told
 * once isn't lost, and whatever can't be stored is delivered once more. Nothing is read of whoever doesn't know the secret,
 * and they don't count.
 * @param most deliveries of one organization in a minute
 */
export function hookDelivery(deps: HooksDeps, most = MOST_DELIVERIES): RequestHandler[] {
  return [
    async (req, res, next) => {
      await admit(deps, hookedAt(deps, req), req, res);
      next();
    },
    perPath(most, () => new HookOutOfOrderError(new Error("too many deliveries in a minute"))),
    express.json({ limit: MAX_DELIVERY_BYTES }),
    async (req, res) => {
      const { organization } = hookedAt(deps, req);
      const delivery = await readDelivery(req.body);
      if (!delivery) throw new NoDeliveryError(req);
      try {
        await deps.hooks.delivered(organization, delivery);
      } catch (error) {
        throw outOfOrder(error);
      }
      sendNothing(res);
    },
  ];
}

interface Hooked {
  readonly organization: Organization;
  readonly hook: OktaEventHook;
}

/**
 * The organization whose event hook has this address.
 * @throws UnknownHookError in the same words where there is no organization as where it has no event hook
 */
function hookedAt({ organizations }: HooksDeps, req: Request): Hooked {
  try {
    const organization = organizations.at(req.params.path);
    const hook = organization.spec.okta.eventHook;
    if (hook) return { organization, hook };
  } catch (error) {
    if (!(error instanceof UnknownOrganizationError)) throw outOfOrder(error);
  }
  throw new UnknownHookError();
}

/** @throws WrongSecretError, HookOutOfOrderError when the right one can't be read */
async function admit(
  { hookSecrets, hooks }: HooksDeps,
  { organization, hook }: Hooked,
  req: Request,
  res: Response,
): Promise<void> {
  let isRight: boolean;
  try {
    isRight = await hookSecrets.accept(organization, hook, req.headers.authorization);
  } catch (error) {
    if (error instanceof KubernetesError) hooks.unreadable(organization, error);
    throw outOfOrder(error);
  }
  if (isRight) return;
  if (req.headers.authorization === undefined) hooks.uninvited(organization);
  else hooks.called(organization, "refused");
  res.setHeader("WWW-Authenticate", CHALLENGE);
  throw new WrongSecretError();
}

/** What Okta has to try again for; what isn't expected stays what it is. */
function outOfOrder(error: unknown): unknown {
  const isExpected = error instanceof KubernetesError || error instanceof NamespaceUnreadableError;
  return isExpected ? new HookOutOfOrderError(error) : error;
}

class UnknownHookError extends RequestError {
  constructor() {
    super({
      code: "event-hook-not-found",
      status: 404,
      title: "There is no event hook at this address",
      message: "Take the address from status.eventHookURI of an Organization that has okta.eventHook.",
    });
  }
}

class WrongSecretError extends RequestError {
  constructor() {
    super({
      code: "event-hook-secret-wrong",
      status: 401,
      title: "This isn't the event hook's secret",
      message:
        "The header Authorization has to be exactly the value in the Secret that okta.eventHook.secretRef names.",
    });
  }
}

class NoChallengeError extends RequestError {
  constructor() {
    super({
      code: "event-hook-challenge-missing",
      status: 400,
      title: "There is no challenge to be answered",
      message: "Okta verifies an event hook with the header X-Okta-Verification-Challenge.",
    });
  }
}

class NoDeliveryError extends RequestError {
  constructor(req: Request) {
    super({
      code: "event-hook-delivery-invalid",
      status: req.is("application/json") ? 400 : 415,
      title: "This isn't a delivery of an event hook",
      message: "It has to be JSON as Okta sends it, of eventType com.okta.event_hook.",
    });
  }
}

/** Okta delivers it once more. The cause is for the log. */
class HookOutOfOrderError extends RequestError {
  constructor(cause: Error) {
    super({
      code: "event-hook-out-of-order",
      status: 503,
      title: "The event hook is out of order",
      message: "What was delivered could not be stored, and has to be delivered again.",
    });
    this.cause = cause;
  }
}
