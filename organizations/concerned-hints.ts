import { indexKey, organizationOf } from "../crds/organization-key.ts";
import type { OktaRoleMapping, Organization } from "../crds/types.ts";
import { type IdentityStore, isActive } from "../identity/index.ts";
import { type Cache, keyOf, letOthersRun } from "../kubernetes/index.ts";
import type { Hint } from "../okta/events/hint.ts";
import type { Strangers } from "./strangers.ts";

/** The index that a cache of OktaRoleMappings needs for this: by the ids and names, present and former, of their groups. */
export const mappedGroupIndex = {
  mappedGroup: (mapping: OktaRoleMapping): string[] => {
    const labels = new Set<string>();
    for (const { id, name } of mapping.spec.groups) add(labels, id, name);
    for (const { id, name, formerNames = [] } of mapping.status?.groups ?? [])
      add(labels, id, name, ...formerNames);
    return Array.from(labels, (label) => indexKey(organizationOf(mapping), label));
  },
};

function add(labels: Set<string>, ...more: (string | undefined)[]): void {
  for (const label of more) if (label !== undefined) labels.add(label);
}

/**
 * The hints that are about somebody who has an account, or gets one before they sign in, or about a group that a mapping
 * names. Who is let in by Okta may have come into a mapped group long before, which no event tells again. The others are
 * nobody's here, and cost neither a write nor a call to Okta; who of them are people may be about to get an account.
 */
export async function concernedHints(
  hints: readonly Hint[],
  organization: Organization,
  {
    mappings,
    store,
    strangers,
  }: {
    mappings: Pick<Cache<OktaRoleMapping>, "count">;
    store: Pick<IdentityStore, "ofAnyIssuer">;
    strangers: Pick<Strangers, "remember">;
  },
): Promise<Hint[]> {
  const key = keyOf(organization);
  const { issuer, directory } = organization.spec.okta;
  const isMapped = (label: string) => mappings.count("mappedGroup", indexKey(key, label)) > 0;
  const isAboutMapped = (hint: Hint) => labelsOf(hint).some(isMapped);
  // Who keeps an account of a former issuer for now is out as soon as Okta says so.
  const hasAccount = async (id: string): Promise<boolean> =>
    (await store.ofAnyIssuer(key, id)).some((user) => user.issuer === issuer || isActive(user));
  const isBeforeLogin = directory?.provision === "BeforeLogin";
  const concerned: Hint[] = [];
  for (const hint of hints) {
    await letOthersRun(); // whoever knows a hook's secret may name very many
    const isConcerned =
      hint.kind === "group"
        ? isAboutMapped(hint)
        : (isBeforeLogin && (hint.activated || isAboutMapped(hint))) || (await hasAccount(hint.id));
    if (isConcerned) concerned.push(hint);
    else if (hint.kind === "person") strangers.remember(key, hint);
  }
  return concerned;
}

function labelsOf(hint: Hint): readonly string[] {
  if (hint.kind === "group") return hint.name === undefined ? [hint.id] : [hint.id, hint.name];
  const { joined = [], left = [], groupNames = [] } = hint;
  return [...joined, ...left, ...groupNames];
}
