import type { Organization } from "../../../crds/types.ts";
import { roleNames, type User } from "../../../identity/index.ts";
import { splitKey } from "../../../kubernetes/index.ts";
import type { RosterPage } from "../../console/roster.ts";
import { USER_STATES } from "../../console/roster-entry.ts";
import { type ListAddress, writeListAddress } from "../../console/roster-query.ts";
import type { RosterSort } from "../../console/roster-sort.ts";
import type { Visitor } from "../../console/visitor.ts";
import { type Html, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { timeOf } from "../time.ts";
import { consolePage } from "./frame.ts";
import { beginning, SOURCES, STATES, stateOf, userAddress } from "./user-texts.ts";

/** Roles of one user that are shown; of the others, the number. */
const SHOWN_ROLES = 3;

/**
 * Every registered user of an organization, a page at a time. Nothing can be edited: membership is managed in Okta.
 * @param etag of what stands in the list, for the script that follows it
 * @param list what was asked for
 */
export function usersPage(
  visitor: Visitor,
  found: RosterPage,
  { list, etag, scripts }: { list: ListAddress; etag: string; scripts: readonly string[] },
): Page {
  const { organization } = visitor;
  const address = `/login/${organization.spec.loginPath}/users`;
  return consolePage(visitor, "users", {
    title: "Users",
    wide: true,
    scripts,
    body: html`
<p class="soft">Everybody who has an account at ${organization.spec.displayName}. Nothing is edited here: who holds what follows
from groups in Okta and the <a href="/login/${organization.spec.loginPath}/mappings">role mapping</a>.</p>
${filters(address, organization, list)}
<div id="users" data-follow="${etag}">
${counts(found, list)}
${found.users.length > 0 ? table(found, { address, organization, list }) : emptiness(found, { address, list, organization })}
${pages(found, address, list)}
</div>
<p class="soft" id="follow-status" role="status"></p>`,
  });
}

function filters(address: string, { spec }: Organization, list: ListAddress): Html {
  const { search, role, group, state, source, sort, descending } = list;
  return html`<form method="get" action="${address}" role="search" class="filters">
<p><label for="search">Email or name</label>
<input type="search" id="search" name="search" value="${search}" maxlength="320" autocomplete="off" spellcheck="false"></p>
<p><label for="role">Role</label>
${select("role", role, "Any role", [...spec.roles.map(({ name, displayName }) => [name, beginning(displayName)] as const), ...unknownRole(spec, role)])}</p>
<p><label for="group">Group</label>
<input type="text" id="group" name="group" value="${group}" maxlength="1024" autocomplete="off" spellcheck="false"
aria-describedby="group-help"></p>
<p><label for="state">State</label>
${select(
  "state",
  state,
  "Any state",
  USER_STATES.map((name) => [name, STATES[name]] as const),
)}</p>
<p><label for="source">Source</label>
${select("source", source, "Any source", Object.entries(SOURCES))}</p>
${sort !== "email" && html`<input type="hidden" name="sort" value="${sort}">`}
${descending && html`<input type="hidden" name="order" value="descending">`}
<p class="actions"><button class="button" type="submit">Show</button>
${isFiltered(list) && html`<a href="${address}${writeListAddress({ sort, descending })}">Show everybody</a>`}</p>
</form>
<p class="soft" id="group-help">A group counts by its exact name or its id in Okta, as in mappings.</p>`;
}

function select(
  name: string,
  chosen: string | undefined,
  any: string,
  options: readonly (readonly [value: string, label: string])[],
): Html {
  return html`<select id="${name}" name="${name}"><option value="">${any}</option>${options.map(
    ([value, label]) =>
      html`<option value="${value}"${value === chosen && html` selected`}>${label}</option>`,
  )}</select>`;
}

/** A role that the catalogue doesn't have any more can be asked for by address: then the form says so. */
function unknownRole(
  { roles }: Organization["spec"],
  role: string | undefined,
): (readonly [string, string])[] {
  return role === undefined || roles.some(({ name }) => name === role) ? [] : [[role, beginning(role)]];
}

function isFiltered({ search, role, group, state, source }: ListAddress): boolean {
  return [search, role, group, state, source].some((value) => value !== undefined);
}

function counts({ total, filtered }: RosterPage, list: ListAddress): Html {
  const of = people(total);
  return html`<p>${isFiltered(list) ? html`<strong>${grouped(filtered)}</strong> of ${of}` : html`<strong>${of}</strong>`}</p>`;
}

function people(count: number): string {
  return count === 1 ? "1 user" : `${grouped(count)} users`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

const COLUMNS: readonly { readonly label: string; readonly sort?: RosterSort }[] = [
  { label: "Name", sort: "name" },
  { label: "Email", sort: "email" },
  { label: "Roles" },
  { label: "State", sort: "state" },
  { label: "Last sign-in", sort: "lastSignIn" },
  { label: "Source" },
];

interface Around {
  readonly address: string;
  readonly organization: Organization;
  readonly list: ListAddress;
}

function table({ users }: RosterPage, { address, organization, list }: Around): Html {
  const names = new Map(organization.spec.roles.map(({ name, displayName }) => [name, displayName]));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Users"><table class="list">
<thead><tr>${COLUMNS.map((column) => heading(column, address, list))}</tr></thead>
<tbody>${users.map((user) => row(user, organization, names))}
</tbody></table></div>`;
}

function heading({ label, sort }: (typeof COLUMNS)[number], address: string, list: ListAddress): Html {
  if (!sort) return html`<th scope="col">${label}</th>`;
  const isSorted = sort === list.sort;
  const order = list.descending ? "descending" : "ascending";
  // Whoever sorts by time looks for the latest.
  const descending = isSorted ? !list.descending : sort === "lastSignIn";
  const { after: _, before: __, ...filter } = list;
  return html`<th scope="col"${isSorted && html` aria-sort="${order}"`}><a
href="${address}${writeListAddress({ ...filter, sort, descending })}" id="sort-${sort}">${label}${
    isSorted && html`<span aria-hidden="true"> ${list.descending ? "↓" : "↑"}</span>`
  }</a></th>`;
}

function row(user: User, organization: Organization, names: ReadonlyMap<string, string>): Html {
  const { ref, name, email, access, lastLoginTime, source } = user;
  const account = splitKey(ref).name;
  const roles = roleNames(access?.grants ?? []);
  const more = roles.length - SHOWN_ROLES;
  return html`
<tr id="user-${account}"><th scope="row"><a id="open-${account}" href="${userAddress(organization, user)}" dir="auto">${beginning(name ?? email ?? account)}</a></th>
<td dir="auto">${email === undefined ? html`<span class="soft">none</span>` : beginning(email)}</td>
<td>${
    roles.length === 0
      ? html`<span class="soft">none</span>`
      : roles
          .slice(0, SHOWN_ROLES)
          .map((role) => html`<div dir="auto">${beginning(names.get(role) ?? role)}</div>`)
  }${more > 0 && html`<div class="soft">and ${more} more</div>`}</td>
<td>${stateOf(user)}</td>
<td>${lastLoginTime === undefined ? html`<span class="soft">never</span>` : timeOf(lastLoginTime)}</td>
<td>${SOURCES[source]}</td></tr>`;
}

/** Nobody to show: says why, and where to go from here. */
function emptiness({ filtered }: RosterPage, { address, list, organization }: Around): Html {
  const { after: _, before: __, ...first } = list;
  if (filtered > 0)
    return html`<p>Nobody is left on this page of the list. <a href="${address}${writeListAddress(first)}">Go to its first
page</a>.</p>`;
  if (!isFiltered(list))
    return html`<p>Nobody has an account yet. Accounts are made when people first sign in, at
<code>/login/${organization.spec.loginPath}</code>.</p>`;
  const { group, ...others } = list;
  return html`<p>Nobody is like that.${
    group !== undefined &&
    !isFiltered(others) &&
    html` The group <code>${group}</code> was received for nobody in exactly this spelling.`
  } <a href="${address}">Show everybody</a>.</p>`;
}

function pages({ next, previous, users }: RosterPage, address: string, list: ListAddress): Html {
  const { after: _, before: __, ...first } = list;
  const to = (place: Partial<ListAddress>): string => `${address}${writeListAddress({ ...first, ...place })}`;
  return html`<nav aria-label="Pages of the list" class="actions">
${previous !== undefined && html`<a id="first-page" href="${to({})}">First page</a> <a id="previous-page" rel="prev" href="${to({ before: previous })}">Previous</a>`}
${next !== undefined && html`<a id="next-page" rel="next" href="${to({ after: next })}">Next</a>`}
${users.length > 0 && html`<a id="csv" class="apart" href="${address}.csv${writeListAddress(first)}" download>Download all of this list as CSV</a>`}
</nav>`;
}
