import type { Request, RequestHandler, Response } from "express";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { formField } from "../http/form-field.ts";
import { clientNetwork } from "../http/rate-limits.ts";
import { redirect, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import { localPage } from "../pages/local.ts";
import type { Sessions } from "../sessions/sessions.ts";
import { counted } from "../sign-in/counted.ts";
import type { LocalRefusal, LocalSignIns } from "../sign-in/local-sign-ins.ts";

export interface LocalDeps {
  readonly organizations: Organizations;
  readonly localSignIns: Pick<LocalSignIns, "complete">;
  readonly sessions: Pick<Sessions, "start">;
  readonly metrics: WebhookMetrics;
  /** Where service accounts are, unless an account names another namespace. */
  readonly serviceAccountNamespace: string;
}

type FormDeps = Pick<LocalDeps, "organizations" | "serviceAccountNamespace">;

/** GET /login/:path/local - the page on which a local admin pastes a token. */
export function localForm(deps: FormDeps): RequestHandler {
  return (req, res) => sendForm(req, res, 200, deps, deps.organizations.at(req.params.path));
}

/** POST /login/:path/local - signs a local admin in with a token of their service account. Comes after `sameSiteOnly`. */
export function local(deps: LocalDeps): RequestHandler {
  const { organizations, localSignIns, sessions, metrics } = deps;
  return async (req, res) => {
    const organization = organizations.at(req.params.path);
    const key = keyOf(organization);
    const token = formField(req, "token")?.trim() ?? "";
    const result = await counted(metrics, organization, () =>
      localSignIns.complete(key, token, {
        audience: organizations.loginURI(organization),
        address: clientNetwork(req),
      }),
    );
    if (result.kind === "admitted") {
      metrics.login(key, "admitted", "LocalAccount");
      res.setHeader(
        "Set-Cookie",
        sessions.start(req.headers.cookie, result.user, organization, { isLocal: true }),
      );
      // The start page, and not what `/` leads to: a form of ours redirects to nobody else.
      redirect(res, `${organizations.loginURI(organization)}/me`);
      return;
    }
    const { why } = result;
    metrics.login(key, "refused", `local-${why}`);
    const status = why === "too-many-failures" ? 429 : 403;
    if (status === 429) res.setHeader("Retry-After", "60");
    const message = messageOf(result);
    if (wantsJSON(req)) sendJSON(res, status, { code: why, message });
    else sendForm(req, res, status, deps, organization, message);
  };
}

function messageOf(refusal: LocalRefusal): string {
  switch (refusal.why) {
    case "not-valid":
      return (
        "This token isn't accepted: it has expired, is incomplete, was made for another audience, or no local account has " +
        "its service account (spec.serviceAccountName of an OrganizationUser). Make a new one as below."
      );
    case "not-a-service-account":
      return "This token doesn't belong to a service account. Make one as below.";
    case "pod-token":
      return "This token is a pod's, and whoever may start pods could have it: it signs nobody in. Make one as below.";
    case "other-namespace": {
      const { token, wanted, user } = refusal;
      return (
        `This token is of a service account of the namespace ${token.namespace}, and the local account ${user} takes those of ` +
        `${wanted} only. Make one there; or somebody has to set spec.serviceAccountNamespace: ${token.namespace} on this ` +
        "OrganizationUser. Whoever may create tokens in that namespace can then be this person."
      );
    }
    case "no-account":
      return "The local account of this service account has just been changed or deleted. Try again.";
    case "several-accounts":
      return "Several local accounts have this service account, so nobody can say whose token it is. Each needs its own.";
    case "too-many-failures":
      return (
        "This token isn't accepted either. After so many failures the reason isn't told for a minute. A valid token signs in " +
        "all the same."
      );
  }
}

function sendForm(
  req: Request,
  res: Response,
  status: number,
  { organizations, serviceAccountNamespace }: FormDeps,
  organization: Organization,
  alert?: string,
): void {
  const { displayName, loginPath } = organization.spec;
  const page = localPage({
    organization: displayName,
    loginPath,
    loginURI: organizations.loginURI(organization),
    namespace: serviceAccountNamespace,
    alert,
  });
  sendPage(req, res, status, page);
}
