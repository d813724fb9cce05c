/**
 * The base of all errors of this folder. `code` is stable; `message` is for people and says what to do.
 * Neither message nor properties hold a secret, a token or an authorization code.
 */
export abstract class OktaError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An error's code as a condition's reason: directory-rate-limited is DirectoryRateLimited. */
export function reasonOf({ code }: OktaError): string {
  return code
    .split("-")
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join("");
}

/**
 * An error of a library as a cause that is safe to log. openid-client hangs whole token responses and claims
 * on its errors, and loggers print what hangs on an error.
 */
export function withoutPayload(error: unknown): Error {
  if (error instanceof OktaError) return error;
  if (!(error instanceof Error)) return new Error("something that isn't an error was thrown");
  const bare = new Error(
    error.message,
    error.cause === undefined ? {} : { cause: causeWithoutPayload(error) },
  );
  bare.name = error.name;
  if (error.stack !== undefined) bare.stack = error.stack;
  return bare;
}

function causeWithoutPayload(error: Error): Error | undefined {
  return error.cause instanceof Error ? withoutPayload(error.cause) : undefined;
}

/**
 * Text from outside, fit for one line of a page, a condition or a log: control characters gone, length bounded.
 * It isn't escaped for HTML: that is for whoever makes the page.
 */
export function oneLine(text: string, maxLength = 300): string {
  // \p{C}: control and format characters (direction overrides among them), unassigned code points, surrogates.
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  return line.length > maxLength ? `${line.slice(0, maxLength - 1).trimEnd()}…` : line;
}
