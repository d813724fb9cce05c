import type { FlagValues } from "../kubernetes/index.ts";
import { organizationSettings } from "../organizations/flags.ts";
import type { operatorFlags } from "./flags.ts";
import type { OperatorOptions } from "./operator.ts";

/** What the flags say, as the operator takes it. @param namespace the program's own */
export function operatorSettings(flags: FlagValues<typeof operatorFlags>, namespace: string) {
  const settings = organizationSettings(flags, namespace);
  return {
    ...settings,
    loginPaths: {
      ...settings.loginPaths,
      perNamespace: Number(flags["login-paths-per-namespace"]),
      retentionMs: Number(flags["login-path-retention"]) * 3_600_000,
    },
    baseURL: new URL(flags["base-url"]).origin,
  } satisfies Partial<OperatorOptions>;
}
