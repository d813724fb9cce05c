import type { EventHookSettings } from "./event-hook.ts";

/** The headers by which every request to a hook's receiver is known (Okta: "Event hooks", HTTP headers). */
export function headersOf({ authorization, headers }: EventHookSettings): Record<string, string> {
  return {
    accept: "application/json",
    ...headers,
    ...(authorization ? { [authorization.header]: authorization.secret } : {}),
  };
}
