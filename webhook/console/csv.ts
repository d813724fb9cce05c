/** The beginning of a file: without this mark (RFC 3629, section 6) Excel reads UTF-8 as the code page of the machine. */
export const CSV_BEGINNING = "\uFEFF";

/**
 * What makes a spreadsheet run a cell instead of showing it, also behind space that is ignored, and in full width, which
 * some of them take for the same. Source: OWASP, "CSV Injection".
 */
const RUNS = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/**
 * One line of a CSV file (RFC 4180). A cell that a spreadsheet would run has an apostrophe in front, which marks it as text.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

function cell(text: string): string {
  return `"${(RUNS.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
}
