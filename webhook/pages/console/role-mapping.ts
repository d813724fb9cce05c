import { pauseWords } from "../../../crds/annotations.ts";
import { shownName } from "../../../identity/index.ts";
import { groupLine, groupLines } from "../../console/group-lines.ts";
import { mappingManifest } from "../../console/mapping-manifest.ts";
import type { ReadMapping } from "../../console/read-mappings.ts";
import { type RoleField, wordsOn } from "../../console/role-fields.ts";
import type { Desk } from "../../console/role-mappings.ts";
import type { Visitor } from "../../console/visitor.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import type { Page } from "../layout.ts";
import { Room } from "../room.ts";
import { copyButton } from "./copy-button.ts";
import { consolePage } from "./frame.ts";

/**
 * Bytes for the fields, for the names of roles whose fields there is no room for, for the manifest beneath them, and for a
 * list of mappings that aren't a field's own.
 */
const ROOM = { fields: 50_000, names: 8_000, manifest: 10_000, mappings: 8_000 };

/** Other mappings of a role that are named; of the rest, the number. */
const OTHERS = 10;

/** Groups of such a mapping. */
const GROUPS = 20;

export interface RoleMappingContent {
  /** What somebody has filled in so far, by role. */
  readonly filledIn?: ReadonlyMap<string, string>;
  /** What is wrong with it. */
  readonly problems?: ReadonlyMap<string, string>;
  /** The role whose field alone is shown, where all of them are too much for one page. */
  readonly only?: string | undefined;
  /** They have just saved. */
  readonly isSaved?: boolean;
  readonly scripts?: readonly string[];
}

/** Which Okta groups give which role: a field for each role of the catalogue, and the mappings as a manifest. */
export function roleMappingPage(
  visitor: Visitor,
  desk: Desk,
  {
    filledIn = new Map(),
    problems = new Map(),
    only,
    isSaved = false,
    scripts = [],
  }: RoleMappingContent = {},
): Page {
  const { organization, canSave, stray } = desk;
  const { metadata, spec } = organization;
  const room = new Room(ROOM.fields);
  const fields = desk.fields.filter(({ role }) => only === undefined || role.name === only);
  const unshown: RoleField[] = [];
  const blocks = fields.map((field) => {
    const block = fieldOf(field, {
      canSave,
      text: filledIn.get(field.role.name) ?? groupLines(field.groups),
      problem: problems.get(field.role.name),
    });
    if (room.takes(block)) return block;
    unshown.push(field);
    return undefined;
  });
  return consolePage(visitor, "mappings", {
    title: "Role mapping",
    scripts,
    body: html`
${isSaved && html`<p class="alert good" role="status">Saved. ${whenSavedIsTrue(desk)}</p>`}
${
  problems.size > 0 &&
  html`<p class="alert" role="alert">Nothing was changed: ${problems.size === 1 ? "one field" : `${problems.size} fields`}
below can't be read as groups.</p>`
}
<p>People in these Okta groups hold these roles. Membership is managed in Okta.
${
  canSave
    ? "You can change the groups here: you are shown who would gain and lose what, before anything is saved."
    : "Here you can see what a change would do, and get the manifest for it; it is applied where your manifests are kept."
}</p>
<p class="soft">One group on each line, exactly as Okta calls it: capital and small letters differ. A group by its id, which
survives a rename: <code>id:00g1emaKYZTWRYYRRTSK</code>.</p>
<form method="post" action="/login/${spec.loginPath}/mappings">
${blocks}
${unshown.length > 0 && withoutRoom(organization, unshown)}
<div class="actions"><button class="button" type="submit">Show what would change</button></div>
</form>
${only !== undefined && html`<p><a href="/login/${spec.loginPath}/mappings">All roles</a></p>`}
${stray.length > 0 && html`<h2>Mappings that give nothing</h2>${mappingsIn(stray, new Room(ROOM.mappings))}`}
${manifest(desk)}
<p class="soft">${
      canSave
        ? html`What is saved here goes into mappings named <code>${metadata.name}.ROLE</code>. Mappings that somebody keeps
elsewhere are changed there.`
        : html`To let administrators save on this page, set <code>spec.console.editMappings: true</code> on the Organization
${metadata.name} in the namespace ${metadata.namespace}.`
    }</p>`,
  });
}

/** When what was saved comes true: not at once what is held or paused. */
function whenSavedIsTrue({ organization, fields }: Desk): Html {
  const { metadata, spec } = organization;
  if (pauseWords(organization) !== undefined)
    return html`Changes are paused in the Organization ${metadata.name}: nothing of it comes true until that is over.`;
  const isAnyPaused = fields.some(
    ({ read, owner }) => read && owner === undefined && pauseWords(read.object) !== undefined,
  );
  return html`Who gains and loses by it does so within seconds, unless the safeguards hold it: then
<a href="/login/${spec.loginPath}/settings">Identity management</a> says how it is approved.${
    isAnyPaused && " What is in a mapping that is paused comes true when that is over."
  }`;
}

/** Roles with so many groups or so long descriptions that they need a page each. */
function withoutRoom({ metadata, spec }: Desk["organization"], fields: readonly RoleField[]): Html {
  const { shown } = new Room(ROOM.names).fit(
    fields.map(
      ({
        role,
        groups,
      }) => html`<li><a href="/login/${spec.loginPath}/mappings?role=${role.name}" dir="auto">${role.displayName}</a>
<span class="soft">${groups.length} groups</span></li>`,
    ),
  );
  const more = fields.length - shown.length;
  return html`<h2>Roles that there is no room for here</h2>
<p>Each on a page of its own; or <code>kubectl get oktarolemappings --namespace ${metadata.namespace} --output yaml</code></p>
<ul>${shown}</ul>${more > 0 && html`<p class="soft">and ${more} more.</p>`}`;
}

function fieldOf(
  field: RoleField,
  { canSave, text, problem }: { canSave: boolean; text: string; problem: string | undefined },
): Html {
  const { role, mapping, read, owner, others } = field;
  const id = `groups-${role.name}`;
  const head = html`
<section class="role"><h2 dir="auto">${role.displayName}${role.admin && html` <span class="badge">admin</span>`}</h2>
<p class="soft" id="${id}-about" dir="auto">${role.description ?? html`<code>${role.name}</code>`}</p>`;
  const isTheirs = canSave && owner !== undefined;
  const isMore = others.length > 0 && !read;
  const given = html`${
    others.length > 0 &&
    html`<p>${read ? "Other mappings give it, too" : "It is given by"}:</p>${mappingsIn(others, new Room(ROOM.mappings))}`
  }`;
  const input = isTheirs
    ? html`<p>Groups, kept by ${shownName(owner)} in the mapping <code>${mapping}</code>. Change them there.</p>
${groupsOf(field.groups.map(groupLine))}`
    : html`
<label for="${id}">${isMore ? "More groups" : "Groups"} of ${role.displayName}</label>
${problem !== undefined && html`<p class="problem" id="${id}-problem">${problem}</p>`}
<textarea class="lines" id="${id}" name="groups:${role.name}" rows="${Math.min(8, Math.max(2, text.split("\n").length + 1))}"
dir="auto" spellcheck="false" autocapitalize="off"
aria-describedby="${id}-about${problem !== undefined && ` ${id}-problem`}"${problem !== undefined && html` aria-invalid="true"`}>
${text}</textarea>`;
  const notes = html`
${read && currentNames(read)}
${read && wordsOf(read)}
${!isTheirs && owner !== undefined && html`<p class="soft">The mapping <code>${mapping}</code> is kept by ${shownName(owner)}.</p>`}`;
  return html`${head}${isMore && given}${input}${notes}${!isMore && given}</section>`;
}

/** What the directory calls the groups that are mapped by id. */
function currentNames({ object: { spec, status } }: ReadMapping): HtmlValue {
  const ids = new Set(spec.groups.flatMap(({ id }) => id ?? []));
  const named = (status?.groups ?? []).filter(({ id, name }) => id && name && ids.has(id));
  if (named.length === 0) return undefined;
  const shown = named.slice(0, GROUPS);
  return html`<p class="soft">In Okta now: ${shown.map(
    ({ id, name = "" }, i) =>
      html`${i > 0 && ", "}<code>id:${id}</code> is <span dir="auto">${shownName(name)}</span>`,
  )}${named.length > shown.length && ` and ${named.length - shown.length} more`}.</p>`;
}

function wordsOf(mapping: ReadMapping): HtmlValue {
  return wordsOn(mapping).map(
    (words) =>
      html`<p class="notice"><strong>${mapping.object.metadata.name}:</strong> ${words.slice(0, 2_000)}</p>`,
  );
}

/** Mappings as they are, which this page doesn't change. */
function mappingsIn(mappings: readonly ReadMapping[], room: Room): Html {
  const items = mappings.slice(0, OTHERS).map((mapping) => {
    const { metadata, spec } = mapping.object;
    const { owners } = mapping;
    return html`<li><code>${metadata.name}</code>${
      owners.length > 0 &&
      html` <span class="soft">kept by
${owners.map(shownName).join(" and ")}</span>`
    }
${groupsOf(spec.groups.map((group) => nameIn(mapping, group)))}${wordsOf(mapping)}</li>`;
  });
  const { shown } = room.fit(items);
  const more = mappings.length - shown.length;
  return html`<ul class="mappings">${shown}</ul>${more > 0 && html`<p class="soft">and ${more} more.</p>`}`;
}

function nameIn({ object }: ReadMapping, group: { name?: string; id?: string }): string {
  const { name } = (object.status?.groups ?? []).find(({ id }) => id !== undefined && id === group.id) ?? {};
  return name === undefined ? groupLine(group) : `${name} (${groupLine(group)})`;
}

function groupsOf(groups: readonly string[]): Html {
  if (groups.length === 0) return html`<p class="soft">None yet.</p>`;
  const more = groups.length - GROUPS;
  return html`<ul class="groups">${groups.slice(0, GROUPS).map((group) => html`<li dir="auto">${shownName(group)}</li>`)}
${more > 0 && html`<li class="soft">and ${more} more</li>`}</ul>`;
}

function manifest({ organization, fields }: Desk): HtmlValue {
  const there = fields.filter(({ read }) => read !== undefined);
  if (there.length === 0) return undefined;
  const text = mappingManifest(
    organization,
    there.map((field) => ({ field, groups: field.groups })),
  );
  if (Buffer.byteLength(text) > ROOM.manifest) return undefined;
  return html`<details><summary>The mappings of these fields as a manifest</summary>
${manifestBlock(text)}</details>`;
}

/** A manifest, to be copied. */
export function manifestBlock(text: string): Html {
  return html`<pre id="manifest" tabindex="0" role="region" aria-label="Manifest" dir="ltr">${text}</pre>
<p>${copyButton("manifest", "the manifest")}</p>`;
}
