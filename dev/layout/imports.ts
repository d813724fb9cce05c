/** What a file imports. */
import { posix } from "node:path";
import { parseSync, type StringLiteral, Visitor } from "oxc-parser";
import { isProgram, type Sources } from "./sources.ts";

export interface Import {
  /** The file that imports: its path in the repository. */
  readonly from: string;
  readonly line: number;
  /** A file of the project by its path in the repository, anything else (a package, a module of Node) by its name. */
  readonly to: string;
  /** Gone at run time. Not so `import { type A }`: with verbatimModuleSyntax, it still loads the file. */
  readonly typeOnly: boolean;
}

/** A call of import() whose argument is worked out at run time: nobody can say what it imports. */
export const UNKNOWN = "what only shows at run time";

/** @returns every import of every program, in the order in which they stand */
export function importsIn(sources: Sources): Import[] {
  return [...sources].flatMap(([path, text]) => (isProgram(path) ? importsOf(path, text) : []));
}

/**
 * All ways to import, as TypeScript has them: static and dynamic, export ... from, type-only, and the types that are
 * written `import("a file").Name`.
 * @throws SyntaxError when the file can't be parsed
 */
function importsOf(path: string, text: string): Import[] {
  const imports: Import[] = [];
  const add = (source: { value: string; start: number }, typeOnly: boolean): void => {
    imports.push({
      from: path,
      line: text.slice(0, source.start).split("\n").length,
      to: source.value.startsWith(".") ? posix.join(posix.dirname(path), source.value) : source.value,
      typeOnly,
    });
  };
  const { program, errors } = parseSync(path, text);
  if (errors[0]) throw new SyntaxError(`${path}: ${errors[0].message}`);
  new Visitor({
    ImportDeclaration: ({ source, importKind }) => add(source, importKind === "type"),
    ExportAllDeclaration: ({ source, exportKind }) => add(source, exportKind === "type"),
    ExportNamedDeclaration: ({ source, exportKind }) => source && add(source, exportKind === "type"),
    TSImportType: ({ source }) => add(source, true),
    ImportExpression: ({ source }) =>
      add(isString(source) ? source : { value: UNKNOWN, start: source.start }, false),
  }).visit(program);
  return imports;
}

function isString(node: { type: string; value?: unknown }): node is StringLiteral {
  return node.type === "Literal" && typeof node.value === "string";
}
