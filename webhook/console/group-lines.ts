import type { MappedGroup } from "../../crds/types.ts";

/** What a mapping takes, as its schema says. */
const MOST = { groups: 500, name: 255, id: 64 };

const ID = /^id:(.*)$/s;
const NAME = /^name:(.*)$/s;

/**
 * Groups as people write them: one on each line, by its name or as `id:00g1...`. A name that itself begins like that is
 * written `name:...`.
 */
export function groupLines(groups: readonly MappedGroup[]): string {
  return groups.map(groupLine).join("\n");
}

export function groupLine({ name = "", id }: MappedGroup): string {
  if (id !== undefined) return `id:${id}`;
  return ID.test(name) || NAME.test(name) ? `name:${name}` : name;
}

/** The groups in such lines, each once; or what is wrong with them, in a sentence. */
export function groupsIn(
  text: string,
): { readonly groups: readonly MappedGroup[] } | { readonly problem: string } {
  const groups = new Map<string, MappedGroup>();
  for (const written of text.split(/\r\n|[\r\n]/)) {
    const line = written.trim();
    if (line === "") continue;
    const group = groupIn(line);
    if (typeof group === "string") return { problem: group };
    groups.set(groupLine(group), group);
  }
  if (groups.size > MOST.groups)
    return { problem: `A mapping has at most ${MOST.groups} groups, and these are ${groups.size}.` };
  return { groups: [...groups.values()] };
}

function groupIn(line: string): MappedGroup | string {
  const [, id] = ID.exec(line) ?? [];
  if (id !== undefined) {
    if (/^[a-zA-Z0-9]+$/.test(id) && id.length <= MOST.id) return { id };
    return "After id: stands the id that the group has in Okta, letters and digits as in id:00g1emaKYZTWRYYRRTSK. A name that begins with id: is written name:id:...";
  }
  const name = (NAME.exec(line)?.[1] ?? line).trim();
  if (name === "") return "After name: the name of the group is missing.";
  if (/\p{Cc}/u.test(name)) return "A group's name has no control characters, such as tabs.";
  if ([...name].length > MOST.name) return `A group's name has at most ${MOST.name} characters.`;
  return { name };
}

/** The groups of `a` that aren't in `b`. */
export function groupsBeyond(a: readonly MappedGroup[], b: readonly MappedGroup[]): MappedGroup[] {
  const known = new Set(b.map(groupLine));
  return a.filter((group) => !known.has(groupLine(group)));
}
