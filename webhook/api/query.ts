import type { Request } from "express";
import type { Parameter } from "./parameters.ts";
import { ParameterError } from "./refusals.ts";

/**
 * The parameters of a question, each at most once. Nothing is overlooked: a filter that isn't understood would show too
 * much.
 * @param known those that the question has
 * @throws ParameterError
 */
export function queryOf<Name extends string>(
  req: Request,
  known: Readonly<Record<Name, Parameter>>,
): Partial<Record<Name, string>> {
  const names = Object.keys(known) as Name[];
  const [, query = ""] = /\?(.*)/s.exec(req.originalUrl) ?? [];
  const found: Partial<Record<Name, string>> = {};
  for (const [given, value] of new URLSearchParams(query)) {
    const name = names.find((each) => each === given);
    if (name === undefined)
      throw new ParameterError(
        given.slice(0, 50),
        `There is no such parameter here: there are ${names.join(", ") || "none"}.`,
      );
    if (found[name] !== undefined) throw new ParameterError(name, `${name} may be there once.`);
    if (value === "") throw new ParameterError(name, `${name} has no value: leave it out, or give it one.`);
    if (value.length > MOST_CHARACTERS)
      throw new ParameterError(name, `${name} has more than ${MOST_CHARACTERS} characters.`);
    found[name] = value;
  }
  return found;
}

const MOST_CHARACTERS = 1_000;

/** One of some words. @throws ParameterError */
export function oneOf<Word extends string>(name: string, value: string, words: readonly Word[]): Word {
  const word = words.find((each) => each === value);
  if (word === undefined) throw new ParameterError(name, `${name} is one of ${words.join(", ")}.`);
  return word;
}

/** A whole number in these bounds. @throws ParameterError */
export function wholeNumber(name: string, value: string, { min, max }: { min: number; max: number }): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max))
    throw new ParameterError(name, `${name} is a number from ${min} to ${max}.`);
  return number;
}
