import type { Organization } from "../../../crds/types.ts";
import { groupLabel, type RoleInWords, type User } from "../../../identity/index.ts";
import type { Visitor } from "../../console/visitor.ts";
import type { HeldRole } from "../../held-roles.ts";
import { groupList } from "../groups.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { timeOf } from "../time.ts";
import { consolePage } from "./frame.ts";

/** Causes of one role that are shown; of the others, the number. */
const SHOWN = 10;

/**
 * Who somebody is here, which roles they hold and why, what Okta has said of them, and what to do where something is missing.
 * @param why each role in words, for them
 * @param others the organizations that this browser is signed in at besides
 * @param isLost they wanted to go elsewhere, and it can't be gone there
 */
export function myAccessPage(
  visitor: Visitor,
  { why, others, isLost }: { why: readonly RoleInWords[]; others: readonly Organization[]; isLost: boolean },
): Page {
  const { user, organization, roles, expiresAt } = visitor;
  const { displayName, loginPath, okta, roles: catalogue } = organization.spec;
  const { name, email } = user;
  const byRole = Map.groupBy(roles, ({ name }) => name);
  const inWords = new Map(why.map((each) => [each.role, each]));
  const lacking = catalogue.filter((role) => !byRole.has(role.name));
  return consolePage(visitor, "me", {
    title: `Signed in${name || email ? ` as ${name ?? email}` : ""}`,
    body: html`
${
  isLost &&
  html`<p class="alert" role="status">You are here because the address that you came with can't be gone to: it isn't one
of this site, or is too long. Open it again where you found it.</p>`
}
${name && email && html`<p class="soft">${email}</p>`}
<h2>Your roles</h2>
<table>
<thead><tr><th scope="col">Role</th><th scope="col">Because you are in</th></tr></thead>
<tbody>${[...byRole.values()].map((causes) => roleRow(causes, organization, inWords))}</tbody>
</table>
${user.source === "Okta" && received(user)}
${
  lacking.length > 0 &&
  html`<h2>Something missing?</h2>
<p>${
    visitor.isLocal
      ? "Roles of a local account are written in its OrganizationUser. These are the roles that it doesn't hold:"
      : `Membership is managed in Okta. Tell an administrator of ${displayName} which of these you need, and they put you into an Okta group that gives it:`
  }</p>
<dl>${lacking.map(
    (role) =>
      html`<dt>${role.displayName}</dt><dd class="soft">${role.description ?? role.name}${particular(inWords.get(role.name))}</dd>`,
  )}</dl>`
}
${
  others.length > 0 &&
  html`<h2>Also signed in at</h2>
<ul>${others.map(
    ({ spec }) => html`<li><a href="/login/${spec.loginPath}/me" dir="auto">${spec.displayName}</a></li>`,
  )}</ul>`
}
<p class="soft">This session ends on ${timeOf(expiresAt)} at the latest.
${
  !visitor.isLocal &&
  html`<a href="/login/${loginPath}?prompt=login">Sign in anew</a> when something has changed in Okta${
    okta.directory ? " and you can't wait for it." : ": it isn't known here before."
  }`
}</p>`,
  });
}

/** What is to be said of a role beside what is said of all of them. */
function particular(why: RoleInWords | undefined): Html[] {
  const usual = new Set(["MappedGroup", "LocalAccount", "NotInGroups"]);
  const sentences = (why?.reasons ?? []).flatMap(({ code, sentence }) => (usual.has(code) ? [] : sentence));
  return [...new Set(sentences)].slice(0, SHOWN).map((sentence) => html`<div>${sentence}</div>`);
}

function roleRow(
  causes: readonly HeldRole[],
  { spec }: Organization,
  inWords: ReadonlyMap<string, RoleInWords>,
): Html {
  const [first] = causes;
  if (!first) return html``;
  const { description } = spec.roles.find(({ name }) => name === first.name) ?? {};
  return html`
<tr><td>${first.displayName}${first.admin && html` <span class="badge">admin</span>`}
${description && html`<br><span class="soft">${description}</span>`}</td>
<td>${causes.slice(0, SHOWN).map((cause) => html`<div>${because(cause)}</div>`)}
${causes.length > SHOWN && html`<div class="soft">and ${causes.length - SHOWN} more</div>`}
${particular(inWords.get(first.name))}</td></tr>`;
}

function because({ group, mapping }: HeldRole): Html {
  if (group === undefined) return html`<span class="soft">a local account</span>`;
  return html`<span dir="auto">${group}</span> <span class="soft">(mapping ${mapping})</span>`;
}

function received({ groups, groupsFrom, lastLoginTime }: User): Html {
  const from = {
    Claim: "By the groups claim of a sign-in of yours.",
    MissingClaim: "A sign-in of yours brought no groups claim, which means no groups.",
    Directory: "By Okta's directory.",
  }[groupsFrom ?? "Claim"];
  return html`
<h2>Groups received from Okta</h2>
${groupList(groups.map(groupLabel))}
<p class="soft">${from}${lastLoginTime !== undefined && html` You were last let in on ${timeOf(lastLoginTime)}.`}</p>`;
}
