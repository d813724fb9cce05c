/** Where the code is not as the layout says. */
import { posix } from "node:path";
import { circlesIn } from "./circles.ts";
import { type Import, importsIn, UNKNOWN } from "./imports.ts";
import { FOLDERS, SENTENCES, type Sentence } from "./sentences.ts";
import { isProgram, type Sources } from "./sources.ts";

export interface Breach {
  readonly file: string;
  /** Unless it is about the whole file. */
  readonly line?: number;
  /** What is wrong there, to be read after the file's name. */
  readonly what: string;
  readonly sentence: string;
}

/** @returns one line for a person: where it is, what is wrong, and what should hold */
export function told({ file, line, what, sentence }: Breach): string {
  return `${file}${line === undefined ? "" : `:${line}`} ${what}. ${sentence}`;
}

/** Names that say nothing about what is in a file. */
const EMPTY_NAME = /(^|[-_.])(utils?|helpers?|common|misc)($|[-_.])/i;

/** Words of the product, also as parts of other words: rolemapping, OktaGroup, ORGANIZATION_KEY. */
const PRODUCT_WORD = /okta|organi[sz]ation|mapping/i;

/** @returns what breaks a sentence of the layout, by file; nothing if all of them hold */
export function breachesIn(sources: Sources): Breach[] {
  const imports = importsIn(sources);
  const breaches = [
    ...SENTENCES.flatMap((sentence) =>
      imports
        .filter((one) => isBrokenBy(sentence, one))
        .map((one) => breach(one, `imports ${one.to}`, sentence.text)),
    ),
    ...imports
      .filter(({ to }) => to === UNKNOWN)
      .map((one) => breach(one, `imports ${one.to}`, "The name of what is imported is written out.")),
    ...circlesIn(imports).flatMap(circle),
    ...[...sources].flatMap(([path, text]) => [...names(path), ...words(path, text)]),
  ];
  return breaches.sort((a, b) => (a.file === b.file ? 0 : a.file < b.file ? -1 : 1));
}

function breach({ from, line }: Import, what: string, sentence: string): Breach {
  return { file: from, line, what, sentence };
}

function isBrokenBy({ of, except = [], only, never = [], atRunTime }: Sentence, one: Import): boolean {
  if (!isIn(of, one.from) || isIn(except, one.from)) return false;
  if (atRunTime && one.typeOnly) return false;
  if (isIn(never, one.to)) return true;
  return only !== undefined && isIn(FOLDERS, one.to) && !isIn(only, one.to);
}

/** @param places folders, with a slash at their end, and packages */
function isIn(places: readonly string[], path: string): boolean {
  return places.some((place) => path === place || path.startsWith(place.endsWith("/") ? place : `${place}/`));
}

function circle(way: readonly Import[]): Breach[] {
  const [first] = way;
  if (!first) return [];
  const what = `imports ${way.map(({ to }) => to).join(", which imports ")}`;
  return [breach(first, what, "Files never import each other in a circle, not even for types.")];
}

function names(path: string): Breach[] {
  const breaches: Breach[] = [];
  if (
    posix
      .normalize(path)
      .split("/")
      .some((name) => EMPTY_NAME.test(name))
  ) {
    const sentence = "No file or folder is named utils, helpers, common or misc.";
    breaches.push({ file: path, what: "has a name that doesn't say what is in it", sentence });
  }
  if (isProgram(path) && !isIn(FOLDERS, path)) {
    const sentence = `Programs are in ${FOLDERS.join(", ")}.`;
    breaches.push({ file: path, what: "is in a folder that the layout doesn't know", sentence });
  }
  return breaches;
}

function words(path: string, text: string): Breach[] {
  if (!isIn(["kubernetes/"], path)) return [];
  const sentence = "kubernetes/ has no word of the product: it could be anybody's.";
  return [path, ...text.split("\n")].flatMap((content, line) => {
    const found = PRODUCT_WORD.exec(content)?.[0];
    if (found === undefined) return [];
    return [{ file: path, ...(line > 0 ? { line } : {}), what: `says "${found}"`, sentence }];
  });
}
