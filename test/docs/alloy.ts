/** A block of a configuration of Grafana Alloy: a component, or a part of one. */
export interface Block {
  readonly name: string;
  readonly label: string | undefined;
  /** By name, as they are written. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly blocks: readonly Block[];
}

const SPACE = /(?:\s|\/\/[^\n]*)*/y;
const HEAD = /([a-z_]+(?:\.[a-z_]+)*)[ \t]*(?:"([a-z_]+)"[ \t]*)?\{/y;
const ATTRIBUTE = /([a-z_]+)[ \t]*=[ \t]*/y;
const STRING = /"(?:[^"\\\n]|\\.)*"|`[^`]*`/y;

/**
 * The blocks of a configuration (Alloy's reference, "Configuration language"), as far as the documented one has need of it.
 * @throws SyntaxError where it isn't well formed
 */
export function blocksOf(text: string): Block[] {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found ?? undefined;
  };
  const fail = (): never => {
    throw new SyntaxError(`line ${text.slice(0, at).split("\n").length}: ${text.slice(at, at + 40)}`);
  };
  /** To the end of the line, or of the bracket that is open there. */
  const value = (): string => {
    const from = at;
    const open: string[] = [];
    for (;;) {
      const next = text[at];
      if (next === undefined) return fail();
      if (next === "\n" && open.length === 0) return text.slice(from, at);
      if (next === '"' || next === "`") {
        if (!take(STRING)) return fail();
        continue;
      }
      if (next === "[" || next === "{") open.push(next === "[" ? "]" : "}");
      else if ((next === "]" || next === "}") && open.pop() !== next) return fail();
      at++;
    }
  };
  const body = (isInner: boolean): { attributes: Map<string, string>; blocks: Block[] } => {
    const attributes = new Map<string, string>();
    const blocks: Block[] = [];
    for (;;) {
      take(SPACE);
      if (isInner ? take(/\}/y) : at === text.length) return { attributes, blocks };
      const head = take(HEAD);
      if (head) {
        blocks.push({ name: head[1] ?? "", label: head[2], ...body(true) });
        continue;
      }
      const attribute = take(ATTRIBUTE);
      if (!attribute || !isInner || attributes.has(attribute[1] ?? "")) return fail();
      attributes.set(attribute[1] ?? "", value());
    }
  };
  return body(false).blocks;
}
