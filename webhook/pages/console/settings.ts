import type { Condition, Organization } from "../../../crds/types.ts";
import type { Visitor } from "../../console/visitor.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { timeOf } from "../time.ts";
import { copyButton } from "./copy-button.ts";
import { consolePage } from "./frame.ts";

/** Addresses of the organization at this service. */
export interface Addresses {
  readonly login: string;
  readonly callback: string;
  readonly eventHook: string | undefined;
}

/** Conditions in the words of the page, in its order. */
const CHECKS: Readonly<Record<string, string>> = {
  Ready: "All together",
  DeactivationsWithinLimit: "Held changes",
  LoginPathAccepted: "Login URI",
  CredentialsResolved: "Credentials",
  IssuerDiscovered: "Okta's issuer",
  GroupsClaimReceived: "Groups claim",
  DirectoryReachable: "Okta's directory",
  DirectorySynced: "Changes in Okta",
  EventHookVerified: "Event hook",
};

/** Conditions that are there only while something is out of the ordinary. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  Stalled: "It can't work like this",
  Contested: "Another release",
  Reconciling: "Being checked",
  Paused: "Paused",
};

/**
 * How an organization is connected with Okta, in words, with the addresses that Okta has to know.
 * @param scripts of the page
 */
export function settingsPage(visitor: Visitor, addresses: Addresses, scripts: readonly string[] = []): Page {
  const { organization } = visitor;
  const { metadata, spec, status } = organization;
  const conditions = status?.conditions ?? [];
  const held = conditions.find((one) => one.type === "DeactivationsWithinLimit" && one.status === "False");
  return consolePage(visitor, "settings", {
    title: "Identity management",
    scripts,
    body: html`
${
  held &&
  html`<section class="alert"><h2>Changes are held</h2>${words(held.message, "approve")}
<p class="soft">Since ${timeOf(held.lastTransitionTime)}. Those whom it is about keep what they have until then.</p></section>`
}
<h2>Organization Login URI</h2>
<p>Where people of ${spec.displayName} sign in.</p>
${copyable("login", addresses.login)}
<h2>What Okta has to know</h2>
<dl>
<dt>Sign-in redirect URI</dt><dd>${copyable("callback", addresses.callback)}</dd>
<dt>Event hook</dt><dd>${
      addresses.eventHook === undefined
        ? html`<span class="soft">Not set up: <code>spec.okta.eventHook</code> of the Organization.</span>`
        : copyable("hook", addresses.eventHook)
    }</dd>
<dt>Issuer</dt><dd><code>${spec.okta.issuer}</code></dd>
<dt>Client ID</dt><dd><code>${spec.okta.clientID}</code></dd>
</dl>
<h2>The connection</h2>
${checks(conditions, held)}
${spec.okta.directory && directory(organization)}
<h2>Accounts</h2>
<dl>
<dt>Active</dt><dd>${status?.users?.active ?? "not counted yet"}</dd>
<dt>Registered</dt><dd>${status?.users?.registered ?? "not counted yet"}</dd>
<dt>Sessions last</dt><dd>${spec.sessions?.maxAge ?? "12h"} at the most</dd>
<dt>At most taken in 24 hours</dt><dd>${spec.safeguards?.maxDeactivations ?? "20%"} of the active users, before somebody has to
approve</dd>
</dl>
<p class="soft">Settings are changed where they are declared:
<code>kubectl edit oktaorg ${metadata.name} --namespace ${metadata.namespace}</code>, or where your manifests are kept.</p>`,
  });
}

function checks(conditions: readonly Condition[], held: Condition | undefined): Html {
  const known = new Map(conditions.map((condition) => [condition.type, condition]));
  const shown = [
    ...Object.entries(CHECKS).map(([type, label]) => ({ label, condition: known.get(type), bad: "False" })),
    ...Object.entries(EXCEPTIONS).map(([type, label]) => {
      const condition = known.get(type);
      return { label, condition: condition?.status === "True" ? condition : undefined, bad: "True" };
    }),
  ];
  if (conditions.length === 0)
    return html`<p>The operator hasn't looked at this organization yet. If it stays so: does it run, and watch this
namespace?</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The checks, one by one"><table>
<thead><tr><th scope="col">What</th><th scope="col">State</th><th scope="col">In words</th><th scope="col">Since</th></tr></thead>
<tbody>${shown.map(
    ({ label, condition, bad }) =>
      condition &&
      html`
<tr><th scope="row">${label}</th><td>${stateOf(condition, bad)}</td>
<td>${condition === held ? html`<p>See above.</p>` : words(condition.message, condition.type)}</td><td>${timeOf(condition.lastTransitionTime)}</td></tr>`,
  )}</tbody></table></div>`;
}

function stateOf({ status }: Condition, bad: string): Html {
  if (status === "Unknown") return html`<span class="state">Not known</span>`;
  return status === bad
    ? html`<span class="state bad">Needs attention</span>`
    : html`<span class="state good">In order</span>`;
}

function directory({ status }: Organization): Html {
  const { lastFullSyncTime, lastChangeTime, delay } = status?.directory ?? {};
  const or = (time: string | undefined, else_: string): HtmlValue =>
    time === undefined ? html`<span class="soft">${else_}</span>` : timeOf(time);
  return html`<h2>Following Okta's directory</h2>
<dl>
<dt>All groups last read</dt><dd>${or(lastFullSyncTime, "not yet")}</dd>
<dt>Last change in Okta</dt><dd>${or(lastChangeTime, "none that concerns this organization")}</dd>
<dt>From Okta to here</dt><dd>${
    delay
      ? `${delay.p50} for half of the changes, ${delay.p99} for all but one in a hundred, as measured`
      : html`<span class="soft">not measured yet</span>`
  }</dd>
</dl>`;
}

/** A message; a command in it stands by itself, to be copied. */
function words(message: string, id: string): Html {
  const at = message.search(/kubectl [a-z]/);
  if (at < 0) return html`<p>${message}</p>`;
  return html`<p>${message.slice(0, at)}</p><pre id="command-${id}" tabindex="0">${message.slice(at)}</pre>${copyButton(`command-${id}`, "the command")}`;
}

function copyable(id: string, text: string): Html {
  return html`<p class="copyable"><code id="copy-${id}">${text}</code> ${copyButton(`copy-${id}`, "the address")}</p>`;
}
