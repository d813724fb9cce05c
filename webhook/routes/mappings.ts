import type { Request, RequestHandler } from "express";
import { assetAddress } from "../console/assets.ts";
import type { Guard } from "../console/guard.ts";
import type { FilledIn } from "../console/mapping-edits.ts";
import type { RoleMappings, Saved } from "../console/role-mappings.ts";
import { savedMark } from "../console/saved-mark.ts";
import type { Visitor } from "../console/visitor.ts";
import { formField } from "../http/form-field.ts";
import { sendProblem } from "../http/problem.ts";
import { queryText } from "../http/query-text.ts";
import { redirect, sendPage } from "../http/respond.ts";
import { mappingPreviewPage, type NotSaved } from "../pages/console/mapping-preview.ts";
import { roleMappingPage } from "../pages/console/role-mapping.ts";

export interface MappingsDeps {
  readonly guard: Guard;
  readonly roleMappings: Pick<RoleMappings, "desk" | "preview" | "save">;
}

/** Characters: no role has a longer name. */
const MOST_OF_ROLE = 63;

/** GET /login/:path/mappings - which Okta groups give which role. For admins. */
export function mappings({ guard, roleMappings }: MappingsDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const role = queryText(req.query, "role", MOST_OF_ROLE);
    const desk = await roleMappings.desk(visitor);
    const page = roleMappingPage(visitor, desk, {
      only: role,
      // Said while it is so: not by a link that somebody has made, nor after somebody else has changed it again.
      isSaved: desk.canSave && req.query.saved === savedMark(desk.fields),
      scripts: [assetAddress("copy")],
    });
    sendPage(req, res, 200, page);
  };
}

/** POST /login/:path/mappings - what a changed form would do. It changes nothing. Comes after `sameSiteOnly`. */
export function previewMappings({ guard, roleMappings }: MappingsDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const filledIn = filledInOf(req, visitor);
    const scripts = [assetAddress("copy")];
    if (formField(req, "back") !== undefined) {
      const desk = await roleMappings.desk(visitor);
      sendPage(req, res, 200, roleMappingPage(visitor, desk, { filledIn, scripts }));
      return;
    }
    const previewed = await roleMappings.preview(visitor, filledIn);
    const { problems } = previewed;
    if (problems.size > 0)
      sendPage(req, res, 422, roleMappingPage(visitor, previewed.desk, { filledIn, problems, scripts }));
    else sendPage(req, res, 200, mappingPreviewPage(visitor, previewed, { scripts }));
  };
}

/** POST /login/:path/mappings/save - saves what has been previewed. Comes after `sameSiteOnly`. */
export function saveMappings({ guard, roleMappings }: MappingsDeps): RequestHandler {
  return async (req, res) => {
    const visitor = await guard.enter(req, res, "admins");
    if (!visitor) return;
    const seen = { hash: formField(req, "seen") ?? "", takesOwnAdminRole: formField(req, "own") === "loses" };
    const saved = await roleMappings.save(visitor, filledInOf(req, visitor), seen, () =>
      guard.leaves(req, visitor),
    );
    const { loginPath, displayName } = visitor.organization.spec;
    if (saved.kind === "saved") redirect(res, `/login/${loginPath}/mappings?saved=${saved.mark}`);
    else if (saved.kind === "turned-away")
      guard.turnAway(req, res, visitor.organization, saved.why, saved.done);
    else if (saved.kind === "off")
      sendProblem(req, res, {
        status: 403,
        code: "mappings-not-editable",
        title: "Mappings aren't saved here",
        text: `Nothing was saved: ${displayName} doesn't let administrators save mappings on this page, or no longer.`,
        advice: "For those who run it: spec.console.editMappings of the Organization says so.",
        link: { href: `/login/${loginPath}/mappings`, label: "Back to the mappings" },
        organization: displayName,
      });
    else if (saved.kind === "unanswered")
      sendProblem(req, res, {
        status: 503,
        code: "mappings-not-saved",
        title: "Not everything was saved",
        text: `The API server has failed, or gave no answer, at ${saved.at}, and doesn't tell what is there now. ${
          saved.done.length > 0
            ? `Saved before that: ${saved.done.join(", ")}.`
            : "Nothing was saved before that."
        } Look at the mappings again in a minute, and save what is missing.`,
        link: { href: `/login/${loginPath}/mappings`, label: "Back to the mappings" },
        organization: displayName,
        retryAfterS: 10,
      });
    else {
      const { status, previewed, notSaved } = outcomeOf(saved);
      const scripts = [assetAddress("copy")];
      sendPage(req, res, status, mappingPreviewPage(visitor, previewed, { notSaved, scripts }));
    }
  };
}

function outcomeOf(saved: Exclude<Saved, { kind: "saved" | "off" | "turned-away" | "unanswered" }>) {
  const { kind: why, done, previewed } = saved;
  const status = { changed: 409, forbidden: 403, invalid: 422, failed: 503 }[why];
  const message = saved.kind === "invalid" ? saved.message : undefined;
  const at = "at" in saved ? saved.at : undefined;
  const notSaved: NotSaved = { why, done, message, at };
  return { status, previewed, notSaved };
}

/** What the form has for the roles that there are. */
function filledInOf(req: Request, { organization }: Visitor): FilledIn {
  const found = new Map<string, string>();
  for (const { name } of organization.spec.roles) {
    const text = formField(req, `groups:${name}`);
    if (text !== undefined) found.set(name, text);
  }
  return found;
}
