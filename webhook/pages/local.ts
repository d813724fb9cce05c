import { html } from "./html.ts";
import type { Page } from "./layout.ts";

/** The way in without Okta: a token of the local admin's service account, made with kubectl and pasted here. */
export function localPage({
  organization,
  loginPath,
  loginURI,
  namespace,
  alert,
}: {
  organization: string;
  loginPath: string;
  loginURI: string;
  namespace: string;
  alert?: string | undefined;
}): Page {
  return {
    title: "Local sign-in",
    organization,
    body: html`
${alert && html`<p class="alert" role="alert">${alert}</p>`}
<p>For local accounts, when Okta is out of reach. Everybody else
<a href="/login/${loginPath}">signs in with Okta</a>.</p>
<p>Make a token for your service account. It is good for an hour, and for this page only:</p>
<pre tabindex="0">kubectl create token SERVICE_ACCOUNT \\
  --namespace ${namespace} \\
  --audience ${loginURI}</pre>
<form method="post" action="/login/${loginPath}/local" autocomplete="off">
<label for="token">Token</label>
<textarea id="token" name="token" required spellcheck="false" autocapitalize="off" maxlength="16000"></textarea>
<div class="actions"><button class="button" type="submit">Sign in</button></div>
</form>`,
  };
}
