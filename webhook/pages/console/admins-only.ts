import type { Visitor } from "../../console/visitor.ts";
import { html } from "../html.ts";
import type { Page } from "../layout.ts";
import { consolePage } from "./frame.ts";

/** Signed in, but not an admin: the same for whatever page that is, so that it tells nothing of what there is. */
export function adminsOnlyPage(visitor: Visitor): Page {
  const { displayName, loginPath } = visitor.organization.spec;
  return consolePage(visitor, undefined, {
    title: "This page is for administrators",
    body: html`
<p>You are signed in, but hold no role that administers ${displayName}.</p>
<p>Whoever holds one sees everybody's roles here. What you hold yourself, and why, is on
<a href="/login/${loginPath}/me">My access</a>.</p>`,
  });
}
