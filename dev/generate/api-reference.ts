/** The reference of the API in Markdown: docs/api.md. */
import { type Crd, isRequired, type Rule, type Schema, walk } from "./crd.ts";

/**
 * @param crds the kinds, in reading order
 * @returns the text of docs/api.md
 */
export function apiReference(crds: Crd[]): string {
  return [
    "<!-- Generated from the CRDs under crds/ by dev/generate.ts: don't edit. -->",
    "# API reference",
    `${crds.map(({ kind }) => `[${kind}](#${kind.toLowerCase()})`).join(", ")}: all of version ` +
      `\`${crds[0]?.apiVersion}\`, all in a namespace. References stay inside the namespace. \`kubectl get ` +
      `${crds[0]?.categories[0]}\` lists every object of the first three kinds, \`-o wide\` with the messages. ` +
      "`kubectl explain` shows these descriptions too.",
    ...crds.flatMap(kindSection),
    "",
  ].join("\n\n");
}

function kindSection(crd: Crd): string[] {
  const { spec, status } = crd.schema.properties ?? {};
  if (!spec) throw new Error(`${crd.kind} needs a spec`);
  const rules = rulesOf(crd.schema);
  return [
    `## ${crd.kind}`,
    sentence(crd.schema),
    [
      `Short name \`${crd.shortNames.join("`, `")}\`.`,
      ...(crd.selectable.length > 0
        ? [`Fields to select by (\`--field-selector\`): \`${crd.selectable.join("`, `")}\`.`]
        : []),
    ].join(" "),
    `### ${crd.kind}: spec`,
    sentence(spec),
    fieldTable(spec),
    ...(status ? [`### ${crd.kind}: status`, sentence(status), fieldTable(status)] : []),
    ...(rules.length > 0
      ? [`### ${crd.kind}: what is refused`, table(["where", "what you read"], rules)]
      : []),
    `### ${crd.kind}: columns of kubectl get`,
    table(
      ["column", "shows", "from"],
      crd.columns.map((column) => [
        column.name.toUpperCase() + (column.priority > 0 ? " (`-o wide`)" : ""),
        column.description,
        `\`${column.jsonPath}\``,
      ]),
    ),
  ];
}

function fieldTable(parent: Schema): string {
  const rows = [...walk(parent)]
    .filter(({ path }) => path !== "" && !path.endsWith("[]"))
    .map(({ path, schema, parent, name }) => [
      `\`${path}\``,
      typeName(schema),
      presence(schema, isRequired(parent, name)),
      describe(schema),
    ]);
  return table(["field", "type", "", "what it is"], rows);
}

function presence(schema: Schema, required: boolean): string {
  if (required) return "required";
  if (schema.default === undefined) return "";
  const parts = schema.properties ? "see below" : `\`${JSON.stringify(schema.default)}\``;
  return `default: ${parts}`;
}

function describe(schema: Schema): string {
  const limits = [
    schema.enum && `One of ${schema.enum.join(", ")}.`,
    schema.maxItems !== undefined && `At most ${schema.maxItems} entries.`,
    schema["x-kubernetes-list-map-keys"] &&
      `No two with the same ${schema["x-kubernetes-list-map-keys"].join(", ")}.`,
    schema["x-kubernetes-list-type"] === "set" && "No entry twice.",
    schema.type === "string" && !schema.enum && !schema.format && `At most ${schema.maxLength} characters.`,
  ];
  return [sentence(schema), ...limits.filter((limit) => limit)].join(" ");
}

function typeName(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"]) return "integer or string";
  if (schema.type === "array") return `list of ${schema.items ? typeName(schema.items) : "anything"}s`;
  return schema.format === "date-time" ? "time" : (schema.type ?? "");
}

/** Every rule once for each place and message: a rule that is told twice is one rule to a reader. */
function rulesOf(schema: Schema): string[][] {
  const rules = [...walk(schema)].flatMap(({ path, schema }) =>
    (schema["x-kubernetes-validations"] ?? []).map((rule) => [`\`${place(path, rule)}\``, rule.message]),
  );
  return rules.filter(
    ([where, message], index) =>
      rules.findIndex((other) => other[0] === where && other[1] === message) === index,
  );
}

/** A rule at the very top can read nothing but the name (and is about it), unless it says otherwise. */
function place(path: string, { fieldPath = "" }: Rule): string {
  return `${path}${fieldPath}`.replace(/^\./, "") || "metadata.name";
}

function sentence({ description = "" }: Schema): string {
  return description.trim();
}

function table(head: string[], rows: string[][]): string {
  const lines = [head, head.map(() => "---"), ...rows.map((cells) => cells.map(inCell))];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Keeps a cell a cell: code stays as it is, but for the bar. */
function inCell(cell: string): string {
  const shown = cell.replaceAll("|", "\\|").replaceAll("\n", " ");
  return cell.startsWith("`") ? shown : shown.replaceAll("<", "&lt;").replaceAll("*", "\\*");
}
