import type { Request, RequestHandler, Response } from "express";
import type { Organization } from "../../crds/types.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { formField } from "../http/form-field.ts";
import { redirect, sendJSON, sendPage, wantsJSON } from "../http/respond.ts";
import type { WebhookMetrics } from "../metrics.ts";
import type { Organizations } from "../organizations.ts";
import { localPage } from "../pages/local.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { LocalRefusal, LocalSignIns } from "../sign-in/local-sign-ins.ts";

export interface LocalDeps {
  readonly organizations: Organizations;
  readonly localSignIns: Pick<LocalSignIns, "complete">;
  readonly sessions: Pick<Sessions, "start">;
  readonly metrics: WebhookMetrics;
}

/** GET /login/:path/local - the page on which a local admin pastes a token. */
export function localForm({ organizations }: Pick<LocalDeps, "organizations">): RequestHandler {
  return (req, res) => sendForm(req, res, 200, organizations, organizations.at(req.params.path));
}

/** POST /login/:path/local - signs a local admin in with a token of their service account. Comes after `sameSiteOnly`. */
export function local({ organizations, localSignIns, sessions, metrics }: LocalDeps): RequestHandler {
  return async (req, res) => {
    const organization = organizations.at(req.params.path);
    const key = keyOf(organization);
    const token = formField(req, "token")?.trim() ?? "";
    const result = await localSignIns.complete(key, token, organizations.loginURI(organization));
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
    if (wantsJSON(req)) sendJSON(res, 403, { code: why, message: REFUSALS[why] });
    else sendForm(req, res, 403, organizations, organization, REFUSALS[why]);
  };
}

const REFUSALS: Readonly<Record<LocalRefusal, string>> = {
  "not-valid":
    "This token isn't accepted: it has expired, is incomplete, or was made for another audience. Make a new one as below.",
  "not-a-service-account": "This token doesn't belong to a service account. Make one as below.",
  "other-namespace": "The service account is in another namespace than the organization.",
  "no-account":
    "No local account has this service account. Somebody has to name it in spec.serviceAccountName of an OrganizationUser.",
  "several-accounts":
    "Several local accounts have this service account, so nobody can say whose token it is. Each needs its own.",
};

function sendForm(
  req: Request,
  res: Response,
  status: number,
  organizations: Organizations,
  organization: Organization,
  alert?: string,
): void {
  const { displayName, loginPath } = organization.spec;
  const page = localPage({
    organization: displayName,
    loginPath,
    loginURI: organizations.loginURI(organization),
    namespace: organization.metadata.namespace ?? "",
    alert,
  });
  sendPage(req, res, status, page);
}
