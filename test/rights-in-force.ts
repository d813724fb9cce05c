import { z } from "zod";
import { type ApiAccess, apiRequest } from "../dev/control-plane/api-request.ts";
import { type Rights, Rule } from "../dev/control-plane/service-account.ts";
import { waitFor } from "./wait-for.ts";

/**
 * Waits until the API server lets an account do what it may now, and nothing of what it might before: it hears of roles and
 * bindings by watches of its own, some time after they are stored.
 *
 * @param account how it is known to the API server
 */
export async function untilInForce(
  account: ApiAccess,
  namespace: string,
  now: Rights,
  before?: Rights,
): Promise<void> {
  const given = rulesOf(now);
  const taken = rulesOf(before).difference(given);
  await waitFor(
    async () => {
      const known = await rulesKnown(account, namespace);
      return (given.isSubsetOf(known) && taken.isDisjointFrom(known)) || undefined;
    },
    { what: "the account's rights to be in force" },
  );
}

function rulesOf({ role, clusterRole }: Rights = { role: [], clusterRole: [] }): ReadonlySet<string> {
  return new Set([...role, ...clusterRole].map(asText));
}

/** The same for rules that grant the same in the same words. */
function asText({ apiGroups, resources, resourceNames = [], verbs }: Rule): string {
  return JSON.stringify([apiGroups, resources, resourceNames, verbs]);
}

/** What everybody may is among them. */
async function rulesKnown(account: ApiAccess, namespace: string): Promise<ReadonlySet<string>> {
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const body = { apiVersion: "authorization.k8s.io/v1", kind: "SelfSubjectRulesReview", spec: { namespace } };
  const answer = await apiRequest(account, "POST", path, { body });
  if (answer.status !== 201)
    throw new Error(`no review of an account's rules: ${answer.status} ${answer.body}`);
  const review = z.object({ status: z.object({ resourceRules: z.array(Rule) }) });
  return new Set(review.parse(JSON.parse(answer.body)).status.resourceRules.map(asText));
}
