import type { Organization } from "../../../crds/types.ts";
import { type AccessReason, isActive, type User } from "../../../identity/index.ts";
import { splitKey } from "../../../kubernetes/index.ts";
import { type UserState, userState } from "../../console/roster-entry.ts";
import { type Html, html } from "../html.ts";

/** States in the words of the pages. */
export const STATES: Readonly<Record<UserState, string>> = {
  Active: "Active",
  Deactivated: "Deactivated",
  Undecided: "Not decided yet",
};

/** Where accounts come from, in the words of the pages. */
export const SOURCES: Readonly<Record<User["source"], string>> = { Okta: "Okta", Local: "Local account" };

/** Why, in a few words, where it isn't as usual. */
const WHY: Readonly<Partial<Record<AccessReason, string>>> = {
  DeactivationHeld: "the deactivation is held",
  AdminRoleHeld: "taking an admin role is held",
  NoMappedGroup: "in no mapped group",
  NotActiveInOkta: "not active in Okta",
  IssuerChanged: "of another issuer",
  Paused: "changes are paused",
  OrganizationNotFound: "without an organization",
};

/** Whether somebody can sign in, and in a few words why not. */
export function stateOf(user: User): Html {
  const state = userState(user);
  const why = user.access && WHY[user.access.reason];
  return html`<span class="${isActive(user) ? "state good" : "state"}">${STATES[state]}</span>${
    why && html` <span class="soft">${why}</span>`
  }`;
}

/** What else a sign-in is noted with. */
const OF_SIGN_INS: Readonly<Record<string, string>> = {
  ...WHY,
  MappedGroup: "in a mapped group",
  LocalAccount: "a local account",
};

/** Why a sign-in was let in or refused; by its code where it is one that this version doesn't know. */
export function reasonInWords(reason: string): string {
  return OF_SIGN_INS[reason] ?? reason;
}

/** The page of a user. */
export function userAddress({ spec }: Organization, { ref }: Pick<User, "ref">): string {
  return `/login/${spec.loginPath}/users/${splitKey(ref).name}`;
}

/** What is shown of a text in a table, in characters. All of it is on the page of the one that it is of. */
const MOST = 60;

/** The beginning of a text, so that no row and no page gets too long. */
export function beginning(text: string): string {
  if (text.length <= MOST) return text;
  const characters = [...text];
  return characters.length <= MOST ? text : `${characters.slice(0, MOST - 1).join("")}…`;
}
