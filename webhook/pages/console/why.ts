import { type Explanation, inWords, type User } from "../../../identity/index.ts";
import type { Visitor } from "../../console/visitor.ts";
import { groupList } from "../groups.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { Room } from "../room.ts";
import { timeOf } from "../time.ts";
import { consolePage } from "./frame.ts";
import { roleAnswer } from "./role-answer.ts";

export interface ExplainedAccount {
  readonly user: User;
  readonly explanation: Explanation;
}

export interface Question {
  /** What an admin has asked for; undefined: themselves. */
  readonly email: string | undefined;
  /** Undefined: all roles. */
  readonly role: string | undefined;
  readonly accounts: readonly ExplainedAccount[];
  /** What is to be said of whoever has no account, where there is none. */
  readonly nobody: Explanation | undefined;
}

/** Reasons that are shown of a role, where it alone was asked for and where all were. */
const MOST_REASONS = 12;
const MOST_REASONS_EACH = 3;

/** Bytes of answers: a page has at most 100 kB. What has no room is left out, and it is said how much that is. */
const MOST_BYTES = 70_000;

/**
 * Why somebody holds a role, or what is missing. Admins read which mappings and groups that would be; others read it of
 * themselves alone, without the groups that would do, and whom to ask.
 */
export function whyPage(visitor: Visitor, question: Question): Page {
  const { organization, isAdmin } = visitor;
  const { displayName } = organization.spec;
  const { email, role, accounts, nobody } = question;
  const audience = isAdmin ? "admin" : "self";
  const room = new Room(MOST_BYTES);
  const most = role === undefined ? MOST_REASONS_EACH : MOST_REASONS;
  const answers = (explanation: Explanation): Html => {
    const roles = inWords(explanation, { audience, organization: displayName });
    const shown = roles.map((each) => roleAnswer(each, most)).filter((answer) => room.takes(answer));
    const left = roles.length - shown.length;
    return html`
<dl>${shown}</dl>
${left > 0 && html`<p class="soft">There is no room here for ${left} more: choose a role above.</p>`}`;
  };
  return consolePage(visitor, "why", {
    title: isAdmin ? "Why does somebody have a role?" : "Why do I have a role?",
    body: html`
${form(visitor, question)}
${
  nobody &&
  html`<h2>No account</h2>
<p>Nobody of ${displayName} has the address <strong dir="auto">${email}</strong> here. People get an account when they first
sign in with a group that gives a role: until then it isn't known which groups they have.</p>
${answers(nobody)}`
}
${accounts.map(
  ({ user, explanation }) => html`
<section><h2 dir="auto">${user.email ?? user.name ?? user.ref}</h2>
${aboutAccount(user, explanation)}
${answers(explanation)}
${explanation.received && received(explanation.received, isAdmin && user.ref !== visitor.user.ref)}</section>`,
)}`,
  });
}

function form({ organization, isAdmin, user }: Visitor, { email, role }: Question): Html {
  const { loginPath, roles } = organization.spec;
  const isUnknown = role !== undefined && !roles.some(({ name }) => name === role);
  return html`
<form method="get" action="/login/${loginPath}/why" role="search" class="filters">
${
  isAdmin &&
  html`<p><label for="email">Email</label>
<input type="text" inputmode="email" id="email" name="email" value="${email ?? user.email ?? ""}" maxlength="320"
autocapitalize="off" spellcheck="false" autocomplete="off"></p>`
}
<p><label for="role">Role</label>
<select id="role" name="role"><option value="">All roles</option>${roles.map(
    ({ name, displayName }) =>
      html`<option value="${name}"${name === role && html` selected`}>${displayName}</option>`,
  )}${isUnknown && html`<option value="${role}" selected>${role}</option>`}</select></p>
<div class="actions"><button class="button" type="submit">Ask</button></div>
</form>`;
}

function aboutAccount({ ref, source, name }: User, { account, lastLoginTime }: Explanation): Html {
  const state = {
    Active: "active",
    Deactivated: "deactivated",
    Undecided: "being made",
    None: "not made",
  }[account];
  return html`<p class="soft">${name !== undefined && html`<span dir="auto">${name}</span>, `}${
    source === "Local" ? "a local account" : "an Okta account"
  }, ${state}${lastLoginTime !== undefined && html`, last signed in on ${timeOf(lastLoginTime)}`}
(<code>${ref}</code>).</p>`;
}

function received(groups: NonNullable<Explanation["received"]>, isAboutAnother: boolean): Html {
  const from = {
    Claim: "By the groups claim of a sign-in.",
    MissingClaim: "A sign-in brought no groups claim, which means no groups.",
    Directory: "By Okta's directory.",
  }[groups.from];
  return html`<h3>Groups received from Okta</h3>
${groupList(groups.groups, isAboutAnother ? "this person" : "you", groups.total)}
<p class="soft">${from}</p>`;
}
