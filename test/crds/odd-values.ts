import type { Schema } from "../../dev/generate/crd.ts";

/** Values that somebody or some program could put into a part of the schema: few of them right. */
export function oddValues(schema: Schema): unknown[] {
  return [null, "x", 1, true, [], {}, ...ofType(schema)];
}

function ofType(schema: Schema): unknown[] {
  if (schema["x-kubernetes-int-or-string"]) return ["", "1e9%", "%", -1, 2 ** 53, 1.5];
  switch (schema.type) {
    case "string":
      return [
        "",
        " ",
        " x ",
        "\n",
        "\u0000",
        "é",
        "🦊",
        "X",
        "../..",
        "<script>",
        "$(x)",
        "%00",
        "true",
        "1",
        "https://x/",
        "a".repeat(schema.maxLength ?? 0),
        "a".repeat((schema.maxLength ?? 0) + 1),
        ...(schema.enum ?? []),
      ];
    case "integer":
      return [-1, 0, 1.5, 2 ** 31, 2 ** 53, "1"];
    case "boolean":
      return [false, "true", 0];
    case "array":
      return [
        [null],
        [{}],
        [[]],
        ["x", "x"],
        ["a", "b", "c"],
        Array.from({ length: (schema.maxItems ?? 0) + 1 }, String),
      ];
    default:
      return [{ unknown: 1 }, { name: null }, { name: "x" }, { name: "x", key: "x" }, [{}]];
  }
}
