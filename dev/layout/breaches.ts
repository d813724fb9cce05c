/** Where the code is not as the layout says. */
import { circlesIn } from "./circles.ts";
import { type Import, importsIn, UNKNOWN } from "./imports.ts";
import { lostMentionsIn } from "./mentions.ts";
import { FOLDERS, type ImportSentence, ON_FILES, ON_IMPORTS, RUNS_TESTS } from "./sentences.ts";
import { isProgram, type Sources } from "./sources.ts";

export interface Breach {
  readonly file: string;
  /** Unless it is about the whole file. */
  readonly line?: number;
  /** What is wrong there, to be read after the file's name. */
  readonly what: string;
  readonly sentence: string;
}

/** Names that say nothing about what is in a file. */
const EMPTY_NAME = /(^|[-_.])(utils?|helpers?|common|misc)($|[-_.])/i;

/** Words of the product, also as parts of other words: rolemapping, OktaGroup, ORGANIZATION_KEY. */
const PRODUCT_WORD = /okta|organi[sz]ation|mapping/i;

/** @returns one line for a person: where it is, what is wrong, and what should hold */
export function told({ file, line, what, sentence }: Breach): string {
  return `${file}${line === undefined ? "" : `:${line}`} ${what}. ${sentence}`;
}

/** @returns what breaks a sentence of the layout, by file; nothing if all of them hold */
export function breachesIn(sources: Sources): Breach[] {
  const imports = importsIn(sources);
  const breaches = [
    ...imports.flatMap((one) =>
      ON_IMPORTS.filter((it) => breaks(one, it)).map(({ text }) => at([one], text)),
    ),
    ...imports
      .filter(({ from, to }) => to === UNKNOWN && from !== RUNS_TESTS)
      .map((one) => at([one], ON_FILES.written)),
    ...circlesIn(imports).map((way) => at(way, ON_FILES.circle)),
    ...lostMentionsIn(sources).map(({ from: file, line, name }) => {
      return { file, line, what: `names ${name}, which isn't there`, sentence: ON_FILES.mention };
    }),
    ...[...sources].flatMap(([path, text]) => [...names(path), ...words(path, text)]),
  ];
  return breaches.sort((a, b) => (a.file === b.file ? 0 : a.file < b.file ? -1 : 1));
}

/** @param way an import, and those that follow from it */
function at(way: readonly [Import, ...Import[]], sentence: string): Breach {
  const [{ from: file, line }] = way;
  return { file, line, what: `imports ${way.map(({ to }) => to).join(", which imports ")}`, sentence };
}

function breaks(one: Import, { of, except = [], only, never = [], atRunTime }: ImportSentence): boolean {
  if (!isIn(of, one.from) || isIn(except, one.from)) return false;
  if (atRunTime && one.typeOnly) return false;
  if (isIn(never, one.to)) return true;
  return only !== undefined && isIn(FOLDERS, one.to) && !isIn(only, one.to);
}

/** @param places folders, with a slash at their end, and packages */
function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => path === place || path.startsWith(place.endsWith("/") ? place : `${place}/`));
}

function names(path: string): Breach[] {
  const breaches: Breach[] = [];
  if (path.split("/").some((name) => EMPTY_NAME.test(name)))
    breaches.push({ file: path, what: "has a name that doesn't say what is in it", sentence: ON_FILES.name });
  if (isProgram(path) && !isIn(FOLDERS, path))
    breaches.push({
      file: path,
      what: "is where the layout knows of no programs",
      sentence: ON_FILES.folder,
    });
  return breaches;
}

function words(path: string, text: string): Breach[] {
  if (!isIn(["kubernetes/"], path)) return [];
  return [path, ...text.split("\n")].flatMap((content, line) => {
    const found = PRODUCT_WORD.exec(content)?.[0];
    if (found === undefined) return [];
    return [{ file: path, ...(line > 0 ? { line } : {}), what: `says "${found}"`, sentence: ON_FILES.words }];
  });
}
