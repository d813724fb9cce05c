import { readFile } from "node:fs/promises";

/** The page. */
export function applicationsPage(): Promise<string> {
  return readFile(new URL("../../../docs/applications.md", import.meta.url), "utf8");
}

/** A configuration as docs/applications.md has it, with addresses of this machine in place of those that stand there. */
export async function documented(
  language: string,
  replace: Readonly<Record<string, string>>,
): Promise<string> {
  const page = await applicationsPage();
  const [block] = new RegExp(`(?<=\`\`\`${language}\n)[^]*?(?=\`\`\`)`).exec(page) ?? [];
  if (block === undefined) throw new Error(`docs/applications.md has no block in ${language}`);
  return Object.entries(replace).reduce((text, [from, to]) => {
    // Or a test would run something else than what people copy.
    if (!text.includes(from)) throw new Error(`the documented ${language} doesn't have ${from}`);
    return text.replaceAll(from, to);
  }, block);
}
