/** The functions of a file: what their comments say, and what the file calls. */
import { type Comment, parseSync, type Span, Visitor } from "oxc-parser";

export interface Functions {
  /** Name -> the first sentence of its comment, if it has one. A method is named Class.method. */
  readonly sentences: ReadonlyMap<string, string | undefined>;
  /** The names of all that is called in the file; what is called of an object (`store.create()`) with a dot before it. */
  readonly called: ReadonlySet<string>;
}

/** @param path says by its end what language the text is in */
export function functionsIn(path: string, text: string): Functions {
  const { program, comments } = parseSync(path, text);
  const sentences = new Map<string, string | undefined>();
  const called = new Set<string>();
  const add = (name: string, { start }: Span): void => {
    sentences.set(name, firstSentence(commentBefore(start, comments, text)));
  };
  for (const statement of program.body) {
    const declaration = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
    if (declaration?.type === "FunctionDeclaration" && declaration.id) add(declaration.id.name, statement);
    if (declaration?.type !== "ClassDeclaration") continue;
    for (const member of declaration.body.body) {
      if (member.type !== "MethodDefinition" || member.key.type !== "Identifier") continue;
      add(`${declaration.id?.name}.${member.key.name}`, member);
    }
  }
  new Visitor({
    CallExpression({ callee }) {
      if (callee.type === "Identifier") called.add(callee.name);
      if (callee.type === "MemberExpression" && callee.property.type === "Identifier")
        called.add(`.${callee.property.name}`);
    },
  }).visit(program);
  return { sentences, called };
}

/** @returns the comment that ends where this begins, with nothing but space in between */
function commentBefore(start: number, comments: readonly Comment[], text: string): string {
  const comment = comments.findLast(({ end }) => end <= start);
  if (!comment?.value.startsWith("*") || text.slice(comment.end, start).trim() !== "") return "";
  return comment.value;
}

function firstSentence(comment: string): string | undefined {
  const [description = ""] = comment.replaceAll(/^\s*\*+ ?/gm, "").split(/^\s*@/m);
  const [paragraph = ""] = description.trim().split(/\n\s*\n/);
  const text = paragraph.replaceAll(/\s+/g, " ");
  return (/^.*?[.](?= |$)/.exec(text)?.[0] ?? text) || undefined;
}
