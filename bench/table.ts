import type { Row } from "./measure.ts";

const HEADINGS = ["What", "Measured", "Neighbour", "Ratio", "Budget", "Met"];

function cells({ what, measured, neighbour, ratio, budget, met }: Row): string[] {
  return [what, measured, neighbour, ratio, budget, met === undefined ? "" : met ? "yes" : "no"];
}

/** The rows as a table in Markdown. */
export function markdownTable(rows: readonly Row[]): string {
  const line = (fields: readonly string[]): string => `| ${fields.map(escaped).join(" | ")} |`;
  return [line(HEADINGS), line(HEADINGS.map(() => "---")), ...rows.map((row) => line(cells(row)))].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("|", "\\|");
}

/** The rows for a terminal: each budget with its verdict, and what was measured below it. */
export function terminalTable(rows: readonly Row[]): string {
  return rows
    .map(({ what, measured, neighbour, ratio, budget, met }) => {
      const verdict = met === undefined ? "      " : met ? "met   " : "MISSED";
      const details = [
        `measured ${measured}`,
        neighbour && `against ${neighbour}`,
        ratio && `ratio ${ratio}`,
        budget && `budget ${budget}`,
      ];
      return `${verdict}  ${what}\n        ${details.filter(Boolean).join("; ")}`;
    })
    .join("\n");
}
