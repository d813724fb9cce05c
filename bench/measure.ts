import type { Bench } from "./bench.ts";

/** One line of the table: something of ours beside what one would compare it with. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  readonly neighbour: string;
  /** As it is shown, for example "2.1x". */
  readonly ratio: string;
  /** Of DESIGN.md; empty where there is none. */
  readonly budget: string;
  /** Whether the budget is met; undefined where there is none. */
  readonly met?: boolean;
}

/** What a measurement has found. */
export interface Outcome {
  readonly rows: readonly Row[];
  /** Further numbers, as sentences. */
  readonly notes: readonly string[];
}

/** One measurement, which can be asked for by name. */
export interface Measure {
  /** For `--only`. */
  readonly name: string;
  readonly title: string;
  /** How it is measured, for docs/benchmarks.md. */
  readonly method: string;
  readonly run: (bench: Bench) => Promise<Outcome>;
}

/** 12 345 as "12,345", 1.2345 as "1.23": as many digits as a measurement is good for. */
export function written(value: number): string {
  if (value === 0) return "0";
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { maximumFractionDigits: digits });
}

export function times(ratio: number): string {
  return `${ratio.toFixed(2)}x`;
}

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(0)} %`;
}
