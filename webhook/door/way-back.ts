import type { IncomingHttpHeaders } from "node:http";
import type { Origins } from "../origins.ts";
import { escaped, NO_WAY, readAddress, type Way } from "../sign-in/return-to.ts";
import type { Question } from "./requirement.ts";

/**
 * The address that somebody asked for whom a proxy asks about: of the question itself as far as that says it, else as the
 * proxy says it in X-Forwarded-Host and X-Forwarded-Uri. A client may have sent these, so that they only ever lead to
 * where people may be led anyway.
 */
export function forwardedWay(
  { host, target }: Pick<Question, "host" | "target">,
  headers: IncomingHttpHeaders,
  origins: Origins,
): Way {
  const at = host ?? one(target === undefined ? headers["x-forwarded-host"] : headers.host);
  const path = target ?? one(headers["x-forwarded-uri"]);
  const origin = at === undefined ? undefined : origins.ofHost(at);
  // Not an address that has a host of its own: whatever its host says, it is here that it was asked for.
  if (origin === undefined || !path?.startsWith("/")) return NO_WAY;
  return readAddress(escaped(origin === origins.own ? path : `${origin}${path}`), origins);
}

function one(value: string | string[] | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
