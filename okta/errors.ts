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

/**
 * An error of a library as a cause that is safe to log. openid-client hangs whole token responses and claims
 * on its errors, and loggers print what hangs on an error. A JSON parser quotes what it can't read.
 */
export function withoutPayload(error: unknown): Error {
  if (error instanceof OktaError) return error;
  if (!(error instanceof Error)) return new Error("something that isn't an error was thrown");
  if (error instanceof SyntaxError) return new Error("not JSON");
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
