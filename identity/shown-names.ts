/**
 * What must not reach a terminal: control and format characters (those that turn the direction of a line among them),
 * ends of lines and paragraphs, halves of characters. Names come from outside.
 */
const UNSHOWABLE = /[\p{C}\p{Zl}\p{Zp}]+/gu;

/** Most characters of a summary, counted by code points: two of them fit into one line of a terminal. */
const MOST = 48;

/** A name as it can be shown in one line anywhere: what can't be shown is a replacement character. */
export function shownName(name: string): string {
  return name.replace(UNSHOWABLE, "\u{FFFD}");
}

/** Names as a column shows them: as many as there is room for, and how many more there are (`viewers, editors +3`). */
export function namesSummary(names: readonly string[]): string {
  const [first, ...others] = names;
  if (first === undefined) return "";
  let text = cut(first, MOST - suffix(others.length).length);
  let left = others.length;
  for (const name of others) {
    const longer = `${text}, ${shownName(name)}`;
    if (lengthOf(longer) + suffix(left - 1).length > MOST) break;
    text = longer;
    left--;
  }
  return text + suffix(left);
}

/**
 * Names in quotes, in a sentence: the first so many, and how many more there are.
 * @param how `most`: how many are shown; `all`: how many there are, if these are not all; `longest`: characters of one
 */
export function quotedNames(
  names: readonly string[],
  {
    most,
    all = names.length,
    longest = Number.POSITIVE_INFINITY,
  }: { readonly most: number; readonly all?: number; readonly longest?: number },
): string {
  const shown = names.slice(0, most).map((name) => `"${cut(name, longest)}"`);
  const more = all - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

function suffix(more: number): string {
  return more === 0 ? "" : ` +${more}`;
}

/** One name or sentence as `shownName` has it, which may be too long by itself. */
export function cut(name: string, most: number): string {
  const characters = [...shownName(name)];
  return characters.length > most ? `${characters.slice(0, most - 1).join("")}…` : characters.join("");
}

function lengthOf(text: string): number {
  return [...text].length;
}
