import { parseArgs } from "node:util";

/** One command-line flag. Its environment variable is the program's prefix and the flag's name, in capitals. */
export interface Flag {
  /** One line of `--help`. */
  readonly description: string;
  /** What `--help` calls the value, such as PORT. */
  readonly value: string;
  readonly default?: string;
  /** Other environment variables that are read when the flag's own isn't set. */
  readonly env?: readonly string[];
  /** Says what is wrong with a value, or undefined when nothing is. */
  readonly check?: (value: string) => string | undefined;
}

/** The values of flags by name: text, or undefined where nothing was given and there is no default. */
export type FlagValues<F extends Record<string, Flag>> = {
  readonly [K in keyof F]: F[K] extends { default: string } ? string : string | undefined;
};

/** A flag that isn't known or whose value makes no sense. The message is for the person who typed it. */
export class FlagError extends Error {
  readonly code = "flag-invalid";
}

/** What somebody asked for: to run with these values, or to read the help. */
export type Parsed<F extends Record<string, Flag>> =
  | { readonly kind: "run"; readonly values: FlagValues<F> }
  | { readonly kind: "help"; readonly text: string };

/** What a program is called. */
export interface ProgramDescription {
  readonly name: string;
  /** What it does, in a sentence, for `--help`. */
  readonly summary: string;
  /** What its environment variables begin with, in small letters: with `gadgets_`, --log-level is GADGETS_LOG_LEVEL. */
  readonly prefix: string;
}

/**
 * Reads flags from the command line and, where not given there, from the environment.
 * @throws FlagError
 */
export function parseFlags<const F extends Record<string, Flag>>(
  program: ProgramDescription,
  flags: F,
  argv: readonly string[] = process.argv.slice(2),
  env: NodeJS.ProcessEnv = process.env,
): Parsed<F> {
  const given = parse(flags, argv);
  if (given.help === true) return { kind: "help", text: help(program, flags) };
  const values: Record<string, string | undefined> = {};
  for (const [name, flag] of Object.entries(flags)) {
    const fromEnv = [variable(program, name), ...(flag.env ?? [])]
      .map((key) => env[key])
      .find((text) => text);
    const typed = given[name];
    const value = typeof typed === "string" ? typed : (fromEnv ?? flag.default);
    const wrong = value === undefined ? undefined : flag.check?.(value);
    if (wrong !== undefined) throw new FlagError(`--${name} ${value}: ${wrong}`);
    values[name] = value;
  }
  return { kind: "run", values: values as FlagValues<F> };
}

function parse(
  flags: Record<string, Flag>,
  argv: readonly string[],
): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries(Object.keys(flags).map((name) => [name, { type: "string" as const }]));
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { ...options, help: { type: "boolean", short: "h" } },
    });
    return values;
  } catch (error) {
    throw new FlagError(`${error instanceof Error ? error.message : error} --help lists the flags.`, {
      cause: error,
    });
  }
}

function help(program: ProgramDescription, flags: Record<string, Flag>): string {
  const { name, summary } = program;
  const rows = Object.entries(flags).map(([flag, { value, description, default: preset }]) => {
    const shown = preset === undefined || preset === "" ? "" : ` (default: ${preset})`;
    return [`  --${flag} ${value}`, `${description}${shown}`] as const;
  });
  const width = Math.max(...rows.map(([left]) => left.length));
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}  ${right}`);
  return [
    `${name}: ${summary}`,
    "",
    `Usage: ${name} [flags]`,
    "",
    ...lines,
    "",
    `Every flag can also be set by an environment variable: --log-level is ${variable(program, "log-level")}.`,
    "",
  ].join("\n");
}

function variable({ prefix }: ProgramDescription, flag: string): string {
  return `${prefix}${flag.replaceAll("-", "_")}`.toUpperCase();
}

/** A check for ports. 0 asks for a free one. */
export function isPort(value: string): string | undefined {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65535 ? undefined : "is not a port (0 to 65535).";
}

/** A check for numbers of things, or of units of time. */
export function isPositive(value: string): string | undefined {
  return /^[1-9]\d{0,8}$/.test(value) ? undefined : "is not a whole number above 0.";
}

/** A check for a log level of pino. */
function isLogLevel(value: string): string | undefined {
  const levels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"];
  return levels.includes(value) ? undefined : `is none of ${levels.join(", ")}.`;
}

/** The flags that `runProgram` itself looks at: every program has them. */
export const programFlags = {
  namespace: {
    value: "NAMESPACE",
    description: "the program's own namespace; without it, the one of the pod or of the kubeconfig's context",
    env: ["POD_NAMESPACE"],
  },
  kubeconfig: {
    value: "FILE",
    description: "a kubeconfig; without it, KUBECONFIG or the pod's service account",
  },
  context: { value: "NAME", description: "the kubeconfig context to use" },
  "log-level": {
    value: "LEVEL",
    description: "trace, debug, info, warn or error; SIGUSR2 switches between it and debug at run time",
    default: "info",
    check: isLogLevel,
  },
} as const satisfies Record<string, Flag>;
