import type { FlagValues } from "../kubernetes/index.ts";
import { organizationSettings } from "../organizations/flags.ts";
import { hostsOf, type webhookFlags } from "./flags.ts";
import { trustedProxies } from "./http/rate-limits.ts";
import type { WebhookOptions } from "./webhook.ts";

/** What the flags say, as the webhook takes it. @param namespace the program's own */
export function webhookSettings(flags: FlagValues<typeof webhookFlags>, namespace: string) {
  return {
    ...organizationSettings(flags, namespace),
    namespace,
    sessionSecret: { namespace, name: flags["session-secret"] },
    keys: { times: { rotateAfterMs: Number(flags["session-key-rotation"]) * 3_600_000 } },
    applicationHosts: hostsOf(flags["application-hosts"]),
    cookieDomain: flags["cookie-domain"],
    maxStalenessMs: Number(flags["max-staleness"]) * 1000,
    trustedProxies: trustedProxies(flags["trusted-proxies"]),
    loginsPerMinute: Number(flags["login-rate"]),
    localFailuresPerMinute: Number(flags["local-login-rate"]),
    loginsAtOnce: Number(flags["logins-at-once"]),
    apiRequestsPerMinute: Number(flags["api-rate"]),
  } satisfies Partial<WebhookOptions>;
}
