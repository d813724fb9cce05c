import { html } from "./html.ts";
import type { Page } from "./layout.ts";

export interface StartFacts {
  /** Somebody has signed out a moment ago. */
  readonly justNow: boolean;
  /** The login path whose page this is. */
  readonly at?: string | undefined;
  /** Where this browser last went to sign in. */
  readonly remembered?: { readonly displayName: string; readonly loginPath: string } | undefined;
  /** A login path that was entered and isn't one. */
  readonly unknown?: string | undefined;
}

/**
 * Nobody is signed in. It names no organization but the one that this browser was at: which ones there are isn't
 * everybody's business.
 */
export function startPage({ justNow, at, remembered, unknown }: StartFacts): Page {
  if (at !== undefined)
    return {
      // They may well be at another organization.
      title: "You are not signed in here",
      body: html`<div class="actions"><a class="button" href="/login/${at}">Sign in</a></div>`,
    };
  return {
    title: titleOf({ justNow, unknown }),
    body: html`
${
  remembered &&
  html`<p>In this browser you were last at <strong dir="auto">${remembered.displayName}</strong>.</p>
<div class="actions"><a class="button" href="/login/${remembered.loginPath}">Sign in</a></div>
<h2>Another organization</h2>`
}
${
  unknown !== undefined &&
  html`<p class="alert" role="alert">There is no organization <code>${unknown}</code> here. Look at your login URI again:
it is the last part, after <code>/login/</code>.</p>`
}
<form method="get" action="/">
<label for="organization">Your organization</label>
<input type="text" id="organization" name="organization" value="${unknown}" required maxlength="63" autocomplete="organization"
autocapitalize="off" spellcheck="false" aria-describedby="organization-help">
<p class="soft" id="organization-help">The last part of your login URI: <code>acme</code> for <code>/login/acme</code>. Whoever runs
this service for you knows it.</p>
<div class="actions"><button class="${remembered ? "button plain" : "button"}" type="submit">Continue</button></div>
</form>`,
  };
}

/** Who asks for an organization that isn't there may well be signed in at another. */
function titleOf({ justNow, unknown }: StartFacts): string {
  if (unknown !== undefined) return "There is no such organization";
  return justNow ? "You are signed out" : "You are not signed in";
}
