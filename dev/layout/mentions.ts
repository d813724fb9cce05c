/** The files that pages and comments name. */
import { posix } from "node:path";
import { parseSync } from "oxc-parser";
import { isProgram, type Sources } from "./sources.ts";

/** A file as it is named somewhere. */
export interface Mention {
  /** Who names it: a path in the repository. */
  readonly from: string;
  readonly line: number;
  readonly name: string;
}

/** A program or page with the folder that it is in: dev/layout/mentions.ts, not mentions.ts. Nothing in a URL. */
const FILE = /(?<![\w./:@-])[\w.-]+(?:\/[\w.-]+)+\.(?:ts|md)\b/g;

/** @returns what is named and isn't there, neither seen from the repository's folder nor from where it is named */
export function lostMentionsIn(sources: Sources): Mention[] {
  return [...sources].flatMap(([path, text]) =>
    mentionsIn(path, text).filter(
      ({ name }) => !sources.has(name) && !sources.has(posix.join(posix.dirname(path), name)),
    ),
  );
}

/** @returns all that a page names, of a program what its comments name */
function mentionsIn(path: string, text: string): Mention[] {
  const parts = isProgram(path) ? parseSync(path, text).comments : [{ value: text, start: 0 }];
  return parts.flatMap(({ value, start }) =>
    [...value.matchAll(FILE)].map(({ 0: name, index }) => ({
      from: path,
      line: text.slice(0, start + index).split("\n").length,
      name,
    })),
  );
}
