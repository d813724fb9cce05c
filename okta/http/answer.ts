import { withoutPayload } from "../errors.ts";
import { NotJsonError } from "./http-errors.ts";

/** What a server answered, as it came. */
export interface HttpAnswer {
  /** Origin and path: fit for messages, since queries may hold what isn't for others. */
  readonly where: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** @throws NotJsonError when the content type or the text isn't JSON */
export function parseJson({ where, headers, body }: HttpAnswer): unknown {
  const type = first(headers["content-type"])?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (type !== "application/json" && !type.endsWith("+json")) throw new NotJsonError(where);
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    throw new NotJsonError(where, { cause: withoutPayload(error) });
  }
}

export function first(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
