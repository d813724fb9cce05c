import { RequestError } from "./request-errors.ts";

/**
 * A parameter of an address. What is empty, as a form sends it, is as if it were missing.
 * @param query the parameters of an address, as express has them
 * @param most characters
 * @throws RequestError that names it: whoever asks one thing isn't answered another
 */
export function queryText(
  query: Readonly<Record<string, unknown>>,
  name: string,
  most: number,
): string | undefined {
  const value = query[name];
  if (value === undefined || value === "") return undefined;
  if (typeof value !== "string" || value.length > most)
    throw invalidParameter(name, `has to be given once, in ${most} characters at the most`);
  return value;
}

/** @param what is to be said of it */
export function invalidParameter(name: string, what: string): RequestError {
  return new RequestError({
    code: "parameter-invalid",
    status: 400,
    title: "This address can't be understood",
    message: `The parameter ${name} ${what}.`,
  });
}
