import type { Organization } from "../../../crds/types.ts";
import {
  type AccessChange,
  type Explanation,
  type Grant,
  groupLabel,
  inWords,
  isActive,
  type NotedSignIn,
  type User,
} from "../../../identity/index.ts";
import { splitKey } from "../../../kubernetes/index.ts";
import { personInAdminConsole } from "../../../okta/admin-console.ts";
import { writeListAddress } from "../../console/roster-query.ts";
import type { Visitor } from "../../console/visitor.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { Room } from "../room.ts";
import { timeOf } from "../time.ts";
import { consolePage } from "./frame.ts";
import { roleAnswer } from "./role-answer.ts";
import { beginning, reasonInWords, SOURCES, stateOf, userAddress } from "./user-texts.ts";

/** Causes of a role that are shown; what isn't held has fewer, since all of it is on the page that explains one role. */
const MOST_CAUSES = 10;
const MOST_REASONS = 2;

const SHOWN_GROUPS = 60;

/** Bytes of what may be long: of roles first, then of changes. A page has at most 100 kB. */
const MOST_BYTES = 48_000;

/**
 * All about one user, for admins: state, roles with their causes, groups as they were received, what has changed and when,
 * and where to change it. Nothing is edited here.
 * @param justEnded their sessions were ended a moment ago
 */
export function userPage(
  visitor: Visitor,
  user: User,
  { explanation, justEnded }: { explanation: Explanation; justEnded: boolean },
): Page {
  const { organization } = visitor;
  const { spec } = organization;
  const { ref, name, email, source, oktaStatus, lastLoginTime, access, accessSince } = user;
  const account = splitKey(ref).name;
  const shown = beginning(name ?? email ?? account);
  const room = new Room(MOST_BYTES);
  return consolePage(visitor, "users", {
    title: shown,
    wide: true,
    body: html`
<p><a href="/login/${spec.loginPath}/users">All users</a></p>
${justEnded && html`<p class="alert good" role="status">All sessions of ${shown} have ended.</p>`}
<dl>
<dt>State</dt><dd>${stateOf(user)}${access && html`<br>${access.message}`}</dd>
${accessSince !== undefined && html`<dt>Since</dt><dd>${timeOf(accessSince)}</dd>`}
${name !== undefined && html`<dt>Name</dt><dd dir="auto">${name}</dd>`}
<dt>Email</dt><dd dir="auto">${email ?? html`<span class="soft">none</span>`}</dd>
<dt>Source</dt><dd>${SOURCES[source]}</dd>
${oktaStatus !== undefined && html`<dt>Status in Okta</dt><dd>${oktaStatus}</dd>`}
<dt>Last sign-in</dt><dd>${lastLoginTime === undefined ? html`<span class="soft">never</span>` : timeOf(lastLoginTime)}</dd>
<dt>Account</dt><dd><code>${account}</code></dd>
</dl>
${whereToChange(user, account, organization)}
<h2>Roles</h2>
${roles(explanation, organization, room)}
${whyLink(spec.loginPath, email)}
${source === "Okta" && groups(user, organization)}
<h2>Changes</h2>
${changes(user.history ?? [], organization, room)}
<h2>Sign-ins</h2>
${signIns(user.signIns ?? [])}
${access && sessions(user, organization)}`,
  });
}

/** Membership is Okta's business, and a local account's that of people on the cluster. */
function whereToChange(user: User, account: string, { spec }: Organization): Html {
  const { source, issuer = "", subject = "", ref } = user;
  if (source === "Local")
    return html`<p>This is a local account: its roles are in its OrganizationUser, and nothing in Okta changes them.</p>
<pre tabindex="0">kubectl edit orguser ${account} --namespace ${splitKey(ref).namespace}</pre>`;
  const atOkta = personInAdminConsole(issuer, subject);
  return html`<p>Nothing is changed here. What this person may do follows from their groups in Okta: put them into another group
there, or take them out of one.${
    !spec.okta.directory &&
    html` That counts from their next sign-in on, since <code>okta.directory</code> isn't set up${
      isActive(user) && ": where it can't wait, end their sessions below"
    }.`
  }${
    atOkta !== undefined &&
    html` <a href="${atOkta}" target="_blank" rel="noreferrer">Open this person in Okta's Admin Console</a>.`
  }</p>`;
}

function roles(explanation: Explanation, { spec }: Organization, room: Room): Html {
  const all = inWords(explanation, { audience: "admin", organization: spec.displayName });
  const inOrder = [...all.filter(({ holds }) => holds), ...all.filter(({ holds }) => !holds)];
  const answers = inOrder
    .map((role) => roleAnswer(role, role.holds ? MOST_CAUSES : MOST_REASONS))
    .filter((answer) => room.takes(answer));
  const left = all.length - answers.length;
  return html`<dl>${answers}</dl>
${left > 0 && html`<p class="soft">There is no room here for ${left} more.</p>`}`;
}

function whyLink(loginPath: string, email: string | undefined): Html {
  if (email === undefined) return html``;
  return html`<p class="soft"><a href="/login/${loginPath}/why?${String(new URLSearchParams({ email }))}">Ask about one role</a> to read
all of it.</p>`;
}

/** As they were received: those that a mapping names first. */
function groups({ groups, groupsFrom, access }: User, { spec, status }: Organization): Html {
  const mapped = new Set(access?.groups);
  const all = groups.map(groupLabel).sort();
  const inOrder = [...all.filter((group) => mapped.has(group)), ...all.filter((group) => !mapped.has(group))];
  const more = inOrder.length - SHOWN_GROUPS;
  const read = status?.directory?.lastFullSyncTime;
  // Of which sign-in isn't known: one that was refused may have brought them, and one that was let in none of them.
  const from = {
    Claim: html`By the groups claim of a sign-in.`,
    MissingClaim: html`A sign-in brought no groups claim, which means no groups.`,
    Directory: html`By Okta's directory${spec.okta.directory && read !== undefined && html`, all of which was last read on ${timeOf(read)}`}.`,
  }[groupsFrom ?? "Claim"];
  return html`<h2>Groups received from Okta</h2>
${inOrder.length === 0 && html`<p>None. Okta reported no group for this person.</p>`}
<ul class="groups">${inOrder.slice(0, SHOWN_GROUPS).map((group) => groupItem(group, mapped.has(group), spec.loginPath))}</ul>
${more > 0 && html`<p class="soft">and ${more} more, ${inOrder.length} in all.</p>`}
<p class="soft">${from}</p>`;
}

function groupItem(group: string, isMapped: boolean, loginPath: string): Html {
  const shown = beginning(group);
  const list = writeListAddress({ group, sort: "email", descending: false });
  // Who else is in it: by the whole name, or not at all.
  return html`<li dir="auto">${
    shown === group ? html`<a href="/login/${loginPath}/users${list}">${group}</a>` : shown
  }${isMapped && html` <span class="badge">mapped</span>`}</li>`;
}

const WHAT: Readonly<Record<AccessChange["what"][number], string>> = {
  Deactivated: "Deactivated",
  Activated: "Activated",
  Linked: "Linked with Okta",
  RolesChanged: "Roles changed",
  CausesChanged: "Same roles by other groups or mappings",
  SessionsEnded: "Sessions ended",
};

function changes(history: readonly AccessChange[], { spec }: Organization, room: Room): Html {
  if (history.length === 0)
    return html`<p class="soft">None is remembered. The audit log has all of them.</p>`;
  const names = new Map(spec.roles.map(({ name, displayName }) => [name, displayName]));
  const rows = history.map((change) => changeRow(change, names)).filter((row) => room.takes(row));
  const left = history.length - rows.length;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Changes"><table>
<thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">Why</th></tr></thead>
<tbody>${rows}</tbody></table></div>
<p class="soft">${left > 0 && html`There is no room here for ${left} more. `}The last changes are remembered here; the audit log has all
of them.</p>`;
}

function changeRow(change: AccessChange, names: ReadonlyMap<string, string>): Html {
  const { at, what, granted, revoked, moreGranted, moreRevoked, message } = change;
  const part = (word: string, grants: readonly Grant[], more: number): Html | false =>
    grants.length + more > 0 &&
    html`${grants.map(
      ({ role, mapping, group }) =>
        html`<div>${word} <strong>${names.get(role) ?? role}</strong>${
          mapping !== undefined &&
          html` <span class="soft">(<span dir="auto">${group}</span>, mapping ${mapping})</span>`
        }</div>`,
    )}${more > 0 && html`<div class="soft">${grants.length > 0 ? "and" : word} ${more} more</div>`}`;
  return html`
<tr><td>${timeOf(at)}</td><td>${what.map((kind) => WHAT[kind] ?? kind).join(", ")}${part("Got", granted, moreGranted)}${part(
    "Lost",
    revoked,
    moreRevoked,
  )}</td><td>${message}</td></tr>`;
}

function signIns(noted: readonly NotedSignIn[]): Html {
  if (noted.length === 0) return html`<p class="soft">None is remembered.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Sign-ins"><table>
<thead><tr><th scope="col">When</th><th scope="col">Outcome</th><th scope="col">Reason</th></tr></thead>
<tbody>${noted.map(
    ({ at, outcome, reason }) => html`
<tr><td>${timeOf(at)}</td><td>${outcome === "Admitted" ? "Let in" : "Refused"}</td><td>${reasonInWords(reason)}</td></tr>`,
  )}</tbody></table></div>
<p class="soft">They are noted within a minute.</p>`;
}

function sessions(user: User, organization: Organization): Html {
  const toStayOut =
    user.source === "Local"
      ? "where they are to stay out, delete the OrganizationUser of this account."
      : "whoever is to stay out has to lose their groups in Okta.";
  return html`<h2>Sessions</h2>
<p>${
    isActive(user)
      ? `Ending their sessions signs this person out everywhere, at once. They can sign in again: ${toStayOut}`
      : "This account is deactivated: its sessions have ended."
  }</p>
${isActive(user) && html`<p><a class="button plain" href="${userAddress(organization, user)}/end-sessions">End this person's sessions</a></p>`}`;
}
