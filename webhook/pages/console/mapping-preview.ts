import { pauseWords } from "../../../crds/annotations.ts";
import { type Listed, type PersonChange, shownName, unseenDifference } from "../../../identity/index.ts";
import { groupLine, groupLines } from "../../console/group-lines.ts";
import type { Edit } from "../../console/mapping-edits.ts";
import { mappingManifest } from "../../console/mapping-manifest.ts";
import type { Previewed } from "../../console/role-mappings.ts";
import type { Visitor } from "../../console/visitor.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { Room } from "../room.ts";
import { consolePage } from "./frame.ts";
import { manifestBlock } from "./role-mapping.ts";

/** Bytes for those who are named, for the groups of the changed fields, and for the manifest. */
const ROOM = { people: 30_000, groups: 10_000, form: 22_000, manifest: 16_000 };

/** Roles of one person that are named. */
const ROLES = 6;

/** Why this page is shown anew, where somebody wanted to save. */
export interface NotSaved {
  readonly why: "changed" | "forbidden" | "invalid" | "failed";
  /** Mappings that were saved before that was found. */
  readonly done: readonly string[];
  /** What the API server has against it. */
  readonly message?: string | undefined;
  /** The mapping that couldn't be written. */
  readonly at?: string | undefined;
}

/** What a changed form would do: who gains and who loses what, the manifest, and where it may be, the button that saves. */
export function mappingPreviewPage(
  visitor: Visitor,
  previewed: Previewed,
  { notSaved, scripts = [] }: { notSaved?: NotSaved | undefined; scripts?: readonly string[] } = {},
): Page {
  const { edits, preview, desk } = previewed;
  const { loginPath } = desk.organization.spec;
  const names = new Map(desk.organization.spec.roles.map(({ name, displayName }) => [name, displayName]));
  const room = new Room(ROOM.people);
  const back = html`<a href="/login/${loginPath}/mappings">Back to the mappings as they are</a>`;
  if (edits.length === 0)
    return consolePage(visitor, "mappings", {
      title: "Nothing would change",
      body: html`
${notSaved && reasonOf(notSaved, desk.organization)}
<p>The groups that you have filled in are those that the mappings have already.</p>
<p>${back}</p>`,
    });
  const { gaining, losing, deactivated } = preview;
  const nobody = gaining.count + losing.count + deactivated.count === 0;
  return consolePage(visitor, "mappings", {
    title: "What this would change",
    scripts,
    body: html`
${notSaved && reasonOf(notSaved, desk.organization)}
${warnings(previewed)}
<h2>The mappings</h2>
${changes(edits, names)}
${sightingsOf(previewed)}
<h2>The people</h2>
${
  nobody
    ? html`<p>Nobody who has an account here would gain or lose a role.</p>`
    : html`<p>${[
        countOf(gaining.count, "gains a role", "gain a role"),
        countOf(losing.count, "loses a role and keeps another", "lose a role and keep another"),
        countOf(deactivated.count, "loses all access", "lose all access"),
      ].join(" ")}</p>`
}
${roleCounts(previewed, names)}
${people("Would lose all access", deactivated, names, room)}
${people("Would lose a role", losing, names, room)}
${people("Would gain a role", gaining, names, room)}
<p class="soft">Counted by the groups that were last received from Okta. Who has no account yet gets what the mappings give at
their first sign-in.</p>
${howTo(previewed)}
<p>${back}</p>`,
  });
}

function reasonOf(
  { why, done, message, at }: NotSaved,
  { metadata }: Previewed["desk"]["organization"],
): Html {
  const saved =
    done.length > 0 && html` Saved before that: ${done.map((name) => html`<code>${name}</code> `)}.`;
  const text = {
    changed: html`<strong>Not saved:</strong> somebody has changed the mappings or the roles meanwhile, or what this would do
isn't what you have seen. This is what it would do now.${
      at !== undefined &&
      html` It was found at <code>${at}</code>: it is another one by now, is gone, or is one of another organization.`
    }`,
    forbidden: html`<strong>Not saved:</strong> this service may not write mappings in the namespace ${metadata.namespace}.
Whoever runs it has to set <code>console.editMappings: true</code>, a value of the Helm chart; or bind the rules of
<code>rbac/console.yaml</code>.`,
    invalid: html`<strong>Not saved:</strong> the API server doesn't accept this. ${message?.slice(0, 1_000)}`,
    failed: html`<strong>Not saved:</strong> the API server has failed, or gave no answer, at <code>${at}</code>. This is what
is left to do by what is there now: try again in a minute.`,
  }[why];
  return html`<p class="alert" role="alert">${text}${saved}</p>`;
}

function warnings({ preview, takesOwnAdminRole, desk, edits }: Previewed): HtmlValue {
  const { deactivating, recent, exceeds, lastAdminRoles } = preview.held;
  const { spec, metadata } = desk.organization;
  const before = recent > 0 && `, and ${recent} were lately`;
  const isPaused = pauseWords(desk.organization) !== undefined;
  // While anything is held, nobody loses an admin role.
  const isLater = exceeds || lastAdminRoles.length > 0 || isPaused;
  return html`
${
  takesOwnAdminRole &&
  html`<p class="alert" role="alert"><strong>You would lose your own admin role.</strong> ${
    isLater
      ? "That doesn't come true at once, as is said below; when it does, these pages close for you"
      : "These pages close for you at once"
  }, and you can't take it back here.</p>`
}
${
  lastAdminRoles.length > 0 &&
  html`<p class="alert" role="alert"><strong>Nobody would hold ${lastAdminRoles.map((role) => html`<code>${role}</code> `)} any
more.</strong> The safeguards hold that: whoever holds it keeps it until somebody approves on the cluster.</p>`
}
${
  exceeds &&
  html`<p class="alert" role="alert"><strong>${deactivating} people would lose all access${before}: more than this organization
allows</strong> (${spec.safeguards.maxDeactivations} within 24 hours). The safeguards hold that: they keep what they have until
somebody approves on the cluster.</p>`
}
${
  isPaused &&
  html`<p class="alert" role="note">Changes are paused in the Organization ${metadata.name}: nothing of this comes true until
that is over.</p>`
}
${edits
  .filter(({ field }) => field.read && pauseWords(field.read.object) !== undefined)
  .map(
    ({ field, groups }) =>
      html`<p class="alert" role="note">The mapping <code>${field.mapping}</code> is paused: ${
        groups.length > 0
          ? "what changes in it comes true when that is over."
          : "to delete it is to end the pause."
      }</p>`,
  )}`;
}

function changes(edits: readonly Edit[], names: ReadonlyMap<string, string>): Html {
  const room = new Room(ROOM.groups);
  const groups = (sign: string, all: Edit["added"]): HtmlValue => {
    const { shown } = room.fit(
      all.map((group) => html`<div dir="auto">${sign} ${shownName(groupLine(group))}</div>`),
    );
    const more = all.length - shown.length;
    return html`${shown}${more > 0 && html`<div class="soft">${sign} ${more} more</div>`}`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="The mappings that change"><table>
<thead><tr><th scope="col">Role</th><th scope="col">Groups</th><th scope="col">Mapping</th></tr></thead>
<tbody>${edits.map(
    ({ field, added, removed, groups: left }) => html`
<tr><th scope="row" dir="auto">${names.get(field.role.name)}</th>
<td>${groups("+", added)}${groups("−", removed)}</td>
<td><code>${field.mapping}</code> ${!field.read ? "is made" : left.length === 0 ? "is deleted" : "is changed"}${
      field.owner !== undefined && html`<br><span class="soft">kept by ${shownName(field.owner)}</span>`
    }</td></tr>`,
  )}</tbody></table></div>`;
}

function sightingsOf({ sightings }: Previewed): HtmlValue {
  const room = new Room(ROOM.groups);
  const unseen = sightings.filter(({ people }) => people === 0);
  const { shown } = room.fit(
    unseen.map(({ name, near }) => {
      if (near === undefined)
        return html`<li>Nobody has come with <strong dir="auto">${shownName(name)}</strong> so far.</li>`;
      const difference = unseenDifference(name, near);
      return html`<li>Nobody has come with <strong dir="auto">${shownName(name)}</strong>, but people have with
<strong dir="auto">${shownName(near)}</strong>${difference !== undefined && ` (they differ by ${difference})`}: group names match
exactly.</li>`;
    }),
  );
  const more = unseen.length - shown.length;
  return (
    unseen.length > 0 &&
    html`<ul class="notice">${shown}${more > 0 && html`<li>and ${more} more that nobody has come with.</li>`}</ul>`
  );
}

function roleCounts({ preview }: Previewed, names: ReadonlyMap<string, string>): HtmlValue {
  if (preview.roles.size === 0) return undefined;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="How many gain and lose each role"><table>
<thead><tr><th scope="col">Role</th><th scope="col">Gain it</th><th scope="col">Lose it</th></tr></thead>
<tbody>${[...preview.roles].map(
    ([role, { gained, lost }]) =>
      html`<tr><th scope="row" dir="auto">${names.get(role) ?? role}</th><td>${gained}</td><td>${lost}</td></tr>`,
  )}</tbody></table></div>`;
}

function people(
  title: string,
  { count, first }: Listed,
  names: ReadonlyMap<string, string>,
  room: Room,
): HtmlValue {
  if (count === 0) return undefined;
  const { shown } = room.fit(first.map((change) => personRow(change, names)));
  const more = count - shown.length;
  return html`<h3>${title}: ${count}</h3>
<div class="scroll" tabindex="0" role="region" aria-label="${title}"><table>
<thead><tr><th scope="col">Who</th><th scope="col">Gains</th><th scope="col">Loses</th></tr></thead>
<tbody>${shown}</tbody></table></div>
${more > 0 && html`<p class="soft">and ${more} more.</p>`}`;
}

function personRow(
  { ref, name, email, gained, lost, becomes }: PersonChange,
  names: ReadonlyMap<string, string>,
): Html {
  const roles = (all: readonly string[]): HtmlValue => {
    const more = all.length - ROLES;
    return all.length === 0
      ? html`<span class="soft">nothing</span>`
      : html`${all.slice(0, ROLES).map((role) => html`<div dir="auto">${names.get(role) ?? role}</div>`)}${
          more > 0 && html`<div class="soft">and ${more} more</div>`
        }`;
  };
  const [who, also] = name === undefined ? [email ?? ref, undefined] : [name, email];
  return html`
<tr><th scope="row"><span dir="auto">${shownName(who)}</span>${also && html`<br><span class="soft">${shownName(also)}</span>`}${
    becomes === "active" && html`<br><span class="soft">comes back</span>`
  }</th><td>${roles(gained)}</td><td>${roles(lost)}</td></tr>`;
}

function howTo({ desk, edits, hash, takesOwnAdminRole }: Previewed): Html {
  const { organization, canSave } = desk;
  const { namespace } = organization.metadata;
  const { loginPath } = organization.spec;
  const theirs = edits.filter(({ field }) => field.owner !== undefined);
  const form = html`${edits.map(
    ({ field, groups }) =>
      html`<input type="hidden" name="groups:${field.role.name}" value="${groupLines(groups)}">`,
  )}`;
  const hasRoom = new Room(ROOM.form).takes(form);
  return html`
<h2>To make it so</h2>
${
  canSave && theirs.length > 0
    ? html`<p class="alert" role="note">It can't be saved here, since ${theirs.map(
        ({ field }) => html`<code>${field.mapping}</code> is kept by ${shownName(field.owner ?? "")}. `,
      )}Change it there.</p>`
    : undefined
}
${!hasRoom && tooManyGroups(organization, edits)}
${
  hasRoom &&
  html`<div class="actions">
${
  canSave &&
  theirs.length === 0 &&
  html`<form method="post" action="/login/${loginPath}/mappings/save">${form}
<input type="hidden" name="seen" value="${hash}">
${takesOwnAdminRole && html`<input type="hidden" name="own" value="loses">`}
<button class="button" type="submit">Save</button></form>`
}
<form method="post" action="/login/${loginPath}/mappings">${form}<input type="hidden" name="back" value="yes">
<button class="button plain" type="submit">Change it further</button></form>
</div>`
}
${manifestOf(organization, edits)}
${edits
  .filter(({ groups, field }) => groups.length === 0 && field.read)
  .map(
    ({
      field,
    }) => html`<p>By hand, since nobody is left in <code>${field.mapping}</code>, and a mapping has at least one group:</p>
<pre tabindex="0">kubectl delete oktarolemapping ${field.mapping} --namespace ${namespace}</pre>`,
  )}`;
}

/** What is to be done where a form of so many groups doesn't fit on this page. */
function tooManyGroups(
  { metadata, spec }: Previewed["desk"]["organization"],
  edits: readonly Edit[],
): HtmlValue {
  const [edit, ...others] = edits;
  if (!edit || others.length > 0)
    return html`<p class="alert" role="note">These are too many groups for one page: change fewer roles at once.</p>`;
  const { role, mapping, read, owner } = edit.field;
  const byHand =
    owner !== undefined
      ? html`change them where <code>${mapping}</code> is kept`
      : read
        ? html`edit the mapping with <code>kubectl edit oktarolemapping ${mapping} --namespace ${metadata.namespace}</code>`
        : html`write the mapping <code>${mapping}</code> as a manifest, for <code>kubectl apply --filename</code>`;
  return html`<p class="alert" role="note">This role has too many groups for this page: ${byHand}. Or give it fewer: <a href="/login/${spec.loginPath}/mappings?role=${role.name}">back to its groups</a>.</p>`;
}

function manifestOf(organization: Previewed["desk"]["organization"], edits: readonly Edit[]): HtmlValue {
  const left = edits.filter(({ groups }) => groups.length > 0);
  if (left.length === 0) return undefined;
  const text = mappingManifest(organization, left);
  if (!new Room(ROOM.manifest).takes(html`${text}`))
    return html`<p class="soft">The manifest of so many groups doesn't fit on a page${edits.length > 1 && ": change fewer roles at once"}.</p>`;
  return html`<p>By hand: as a manifest, for <code>kubectl apply --filename</code> or for where yours are kept:</p>${manifestBlock(text)}`;
}

function countOf(count: number, one: string, many: string): string {
  if (count === 0) return "";
  return count === 1 ? `1 person ${one}.` : `${count} people ${many}.`;
}
