/** What CONTRIBUTING.md says of the code: the sentences of its layout, and two pictures. */
import { fileURLToPath } from "node:url";
import { importsIn } from "../layout/imports.ts";
import { ON_FILES, ON_IMPORTS } from "../layout/sentences.ts";
import { readSources } from "../layout/sources.ts";
import { foldersPicture } from "./pictures/folders.ts";
import { signInPicture } from "./pictures/sign-in.ts";

/**
 * @param root of the repository
 * @param page the text of CONTRIBUTING.md
 * @returns the page with what follows from the code, each part below its comment
 * @throws Error when a comment is missing
 * @throws LostWayError
 */
export async function withCode(root: URL, page: string): Promise<string> {
  const sources = await readSources(fileURLToPath(root));
  const sentences = new Set([...ON_IMPORTS.map(({ text }) => text), ...Object.values(ON_FILES)]);
  const parts = {
    "The folders": picture(foldersPicture(importsIn(sources))),
    "The layout": [...sentences].map((text) => `- ${withCodeMarks(text)}`).join("\n"),
    "A sign-in": picture(signInPicture(sources)),
  };
  return Object.entries(parts).reduce((text, [name, part]) => withPart(text, name, part), page);
}

function picture(chart: string): string {
  return `\`\`\`mermaid\n${chart}\n\`\`\``;
}

/** Folders and packages as code: what has a slash in it. */
function withCodeMarks(text: string): string {
  return text.replaceAll(/@?[\w-]+\/[\w/-]*/g, "`$&`");
}

/** @returns the page with this between the comment of that name and the one that ends it */
function withPart(page: string, name: string, part: string): string {
  const begin = `<!-- ${name}, from the code by npm run generate -->`;
  const end = `<!-- end of: ${name} -->`;
  const [start, stop] = [page.indexOf(begin), page.indexOf(end)];
  if (start < 0 || stop < start) throw new Error(`CONTRIBUTING.md needs ${begin} and, below it, ${end}`);
  return `${page.slice(0, start + begin.length)}\n${part}\n${page.slice(stop)}`;
}
