/** Reads charts/okta-role-operator/values.yaml: its defaults, and what its comments say of them. */
import { isMap, isScalar, LineCounter, parse, parseDocument, type YAMLMap } from "yaml";
import { z } from "zod";

/** A value of the chart, or a group of them. */
export interface Value {
  /** As a person writes it: image.tag. */
  path: string;
  /** The last part of the path. */
  name: string;
  /** The comment above it, without what is for the schema. Empty for a group without a comment. */
  description: string;
  /** Keywords of JSON Schema that narrow the type of the default; `$ref` names a definition. */
  schema: Record<string, unknown>;
  default: unknown;
  /** The heading that it stands under. Of a value inside a group, the group's. */
  section: string;
  /** What is inside a group, in order. None for a value, even when it is a map: such a map is one value. */
  children: Value[];
}

const SECTION = "@section ";
const SCHEMA = "@schema ";

const keywords = z.record(z.string(), z.unknown());

/**
 * @param text the content of values.yaml
 * @returns the values at the top, in order
 * @throws Error naming the value that has no description, or an empty list or map without a schema
 */
export function readValues(text: string): Value[] {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  if (!isMap(document.contents)) throw new Error("values.yaml isn't a map");
  return valuesIn(document.contents, "", "", { lines: text.split("\n"), lineCounter });
}

interface Source {
  lines: string[];
  lineCounter: LineCounter;
}

function valuesIn(map: YAMLMap, parent: string, section: string, source: Source): Value[] {
  let heading = section;
  return map.items.map(({ key, value }) => {
    if (!isScalar(key) || typeof key.value !== "string" || !key.range)
      throw new Error(`a key under ${parent} isn't text`);
    const path = parent === "" ? key.value : `${parent}.${key.value}`;
    const comment = commentAbove(source.lines, source.lineCounter.linePos(key.range[0]).line);
    heading = comment.section ?? heading;
    const isGroup = isMap(value) && value.items.length > 0 && comment.schema === undefined;
    if (!isGroup && comment.description === "")
      throw new Error(`${path} needs a comment that says what it is`);
    const preset: unknown = isMap(value) || isScalar(value) ? value.toJSON() : parse(String(value));
    if (!isGroup && comment.schema === undefined && isEmpty(preset))
      throw new Error(`${path} needs a @schema: its default doesn't show what it holds`);
    return {
      path,
      name: key.value,
      description: comment.description,
      schema: comment.schema ?? {},
      default: preset,
      section: heading,
      children: isGroup ? valuesIn(value, path, heading, source) : [],
    };
  });
}

/** Reads the comment that ends right above a line. @param line counted from 1 */
function commentAbove(
  lines: string[],
  line: number,
): { description: string; schema: Record<string, unknown> | undefined; section: string | undefined } {
  const comment: string[] = [];
  for (let index = line - 2; lines[index]?.trimStart().startsWith("#"); index--) {
    comment.unshift((lines[index] ?? "").trim().slice(1).trim());
  }
  const after = (tag: string): string | undefined =>
    comment.find((text) => text.startsWith(tag))?.slice(tag.length);
  const schema = after(SCHEMA);
  return {
    description: comment.filter((text) => !text.startsWith("@")).join(" "),
    schema: schema === undefined ? undefined : keywords.parse(parse(schema)),
    section: after(SECTION),
  };
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}
