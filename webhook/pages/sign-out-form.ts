import { type Html, html } from "./html.ts";

/**
 * A button that ends the session here and at Okta.
 * @param loginPath the organization to sign out from, for people who have no session here, or will have none any more
 * @param again sign in afterwards, with whatever account
 */
export function signOutForm(
  label: string,
  { loginPath, again = false, plain = false }: { loginPath?: string; again?: boolean; plain?: boolean } = {},
): Html {
  return html`<form method="post" action="/logout">
${loginPath !== undefined && html`<input type="hidden" name="organization" value="${loginPath}">`}
${again && html`<input type="hidden" name="again" value="yes">`}
<button class="${plain ? "button plain" : "button"}" type="submit">${label}</button>
</form>`;
}
