import test from "ava";
import {
  type Flag,
  FlagError,
  isPort,
  isPositive,
  parseFlags,
  programFlags,
} from "../../../kubernetes/program/flags.ts";

const program = { name: "gadgets", summary: "minds gadgets", prefix: "gadgets_" };
const flags = {
  "health-port": { value: "PORT", description: "where probes go", default: "8080", check: isPort },
  colour: { value: "COLOUR", description: "of all gadgets", env: ["PAINT", "HUE"] },
  note: { value: "TEXT", description: "what is said", default: "" },
} as const satisfies Record<string, Flag>;

const valuesOf = (argv: string[], env: Record<string, string> = {}) => {
  const parsed = parseFlags(program, flags, argv, env);
  return parsed.kind === "run" ? { ...parsed.values } : parsed.kind;
};

test("a flag is what was typed, else what the environment says, else its default", (t) => {
  t.deepEqual(valuesOf([]), { "health-port": "8080", colour: undefined, note: "" });
  const env = { GADGETS_HEALTH_PORT: "1", GADGETS_COLOUR: "red", HEALTH_PORT: "2", PAINT: "blue" };
  t.deepEqual(valuesOf([], env), { "health-port": "1", colour: "red", note: "" });
  t.like(valuesOf([], { HUE: "green", PAINT: "blue" }), { colour: "blue" });
  t.like(valuesOf([], { GADGETS_COLOUR: "", PAINT: "", HUE: "green" }), { colour: "green" });
  t.deepEqual(
    valuesOf(["--health-port", "3", "--colour=pink", "--note", ""], { ...env, GADGETS_NOTE: "x" }),
    {
      "health-port": "3",
      colour: "pink",
      note: "",
    },
  );
});

test("a value that makes no sense is said with its flag, wherever it comes from", (t) => {
  for (const [argv, env] of [
    [["--health-port", "x"], {}],
    [[], { GADGETS_HEALTH_PORT: "x" }],
  ] as const)
    t.throws(() => valuesOf([...argv], env), {
      instanceOf: FlagError,
      code: "flag-invalid",
      message: "--health-port x: is not a port (0 to 65535).",
    });
});

test("what isn't a flag is said, and where the flags are listed", (t) => {
  for (const argv of [["--size", "1"], ["small"], ["--colour"], ["--help=yes"]]) {
    const error = t.throws(() => valuesOf(argv), { instanceOf: FlagError });
    t.regex(error?.message ?? "", /--help lists the flags\.$/, argv.join());
    t.true(error?.cause instanceof Error);
    t.true(error?.message.startsWith(error.cause instanceof Error ? error.cause.message : "?"));
  }
});

test("the help lists flags with their defaults, in columns, and how to set them by the environment", (t) => {
  for (const asked of ["--help", "-h"]) {
    const parsed = parseFlags(program, flags, ["--health-port", "x", asked], {});
    t.deepEqual(parsed, {
      kind: "help",
      text: [
        "gadgets: minds gadgets",
        "",
        "Usage: gadgets [flags]",
        "",
        "  --health-port PORT  where probes go (default: 8080)",
        "  --colour COLOUR     of all gadgets",
        "  --note TEXT         what is said",
        "",
        "Every flag can also be set by an environment variable: --log-level is GADGETS_LOG_LEVEL.",
        "",
      ].join("\n"),
    });
  }
});

test("ports and numbers", (t) => {
  for (const port of ["0", "1", "8080", "65535", "00080"]) t.is(isPort(port), undefined, port);
  for (const other of ["", "65536", "100000", "-1", "1.5", "x1", "1x"])
    t.is(isPort(other), "is not a port (0 to 65535).", other);
  for (const number of ["1", "10", "999999999"]) t.is(isPositive(number), undefined, number);
  for (const other of ["", "0", "01", "-1", "1.5", "1x", "x1", "1000000000"])
    t.is(isPositive(other), "is not a whole number above 0.", other);
});

test("every program has a log level that pino knows, and a namespace that the pod tells", (t) => {
  const of = (argv: string[], env: Record<string, string> = {}) => {
    const parsed = parseFlags(program, programFlags, argv, env);
    return parsed.kind === "run" ? parsed.values : undefined;
  };
  t.deepEqual(
    { ...of([]) },
    { namespace: undefined, kubeconfig: undefined, context: undefined, "log-level": "info" },
  );
  t.is(of([], { POD_NAMESPACE: "team" })?.namespace, "team");
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    t.is(of(["--log-level", level])?.["log-level"], level);
  t.throws(() => of(["--log-level", "loud"]), {
    message: "--log-level loud: is none of trace, debug, info, warn, error, fatal, silent.",
  });
});
