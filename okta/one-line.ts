/**
 * Text from outside, fit for one line of a page, a condition or a log: control characters gone, length bounded.
 * It isn't escaped for HTML: that is for whoever makes the page.
 */
export function oneLine(text: string, maxLength = 300): string {
  // \p{C}: control and format characters (direction overrides among them), unassigned code points, surrogates.
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  if (line.length <= maxLength) return line;
  // The cut may leave half of a character.
  return `${line.slice(0, maxLength - 1).replace(/[\p{Cs}\s]+$/u, "")}…`;
}

/** Such a line with a full stop, where it doesn't end as a sentence does already: for text that others follow. */
export function asSentence(line: string): string {
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
