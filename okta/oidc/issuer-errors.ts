import { OktaError } from "../errors.ts";
import { oneLine } from "../one-line.ts";

/** Why an issuer can't be used. */
export type IssuerError = IssuerUnreachableError | WrongIssuerError;

/** The usual mistakes with an issuer's URL, each with its own advice. */
export type IssuerMistake =
  | "not-a-url"
  | "not-https"
  | "host-not-listed"
  | "admin-domain"
  | "trailing-slash"
  | "discovery-url"
  | "endpoint-url"
  | "custom-server-meant"
  | "no-default-server"
  | "no-such-server"
  | "issuer-mismatch"
  | "not-an-issuer"
  | "metadata-incomplete"
  | "endpoint-not-allowed";

/** Nothing is known about the issuer: it can't be reached, or isn't well. Try again. */
export class IssuerUnreachableError extends OktaError {
  readonly code = "issuer-unreachable";
  readonly issuer: string;
  readonly retryAfterMs: number | undefined;

  constructor(issuer: string, cause: Error, retryAfterMs?: number) {
    super(`The issuer ${oneLine(issuer)} can't be read: ${cause.message}`, { cause });
    this.issuer = issuer;
    this.retryAfterMs = retryAfterMs;
  }
}

/** The issuer was read and is wrong. Trying again doesn't help; the message says what to write instead. */
export class WrongIssuerError extends OktaError {
  readonly code = "issuer-wrong";
  readonly issuer: string;
  readonly mistake: IssuerMistake;
  /** The issuer that was likely meant, where one is known. */
  readonly suggestion: string | undefined;

  constructor(
    issuer: string,
    {
      mistake,
      advice,
      suggestion,
    }: { mistake: IssuerMistake; advice: string; suggestion?: string | undefined },
    options?: ErrorOptions,
  ) {
    super(advice, options);
    this.issuer = issuer;
    this.mistake = mistake;
    this.suggestion = suggestion;
  }
}
