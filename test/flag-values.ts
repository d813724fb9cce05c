import { type Flag, type FlagValues, parseFlags } from "../kubernetes/program/flags.ts";

/** What a program with these flags is told by these arguments. */
export function flagValues<F extends Record<string, Flag>>(flags: F, argv: readonly string[]): FlagValues<F> {
  const parsed = parseFlags({ name: "program", summary: "", prefix: "x_" }, flags, [...argv], {});
  if (parsed.kind !== "run") throw new Error("it prints its help");
  return parsed.values;
}
