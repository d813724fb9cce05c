import type { ServiceAccountCaller } from "../../../webhook/api/caller.ts";

/** A program, as its service account is known, that may read all of it unless the test says otherwise. */
export function serviceAccount(
  { namespace = "team", name = "reports" } = {},
  rights: Partial<Pick<ServiceAccountCaller, "mayList" | "mayGet">> = {},
): ServiceAccountCaller {
  return {
    kind: "service-account",
    name: `service account ${namespace}/${name}`,
    serviceAccount: { namespace, name },
    mayList: async () => true,
    mayGet: async () => true,
    ...rights,
  };
}
