import test from "ava";
import type { Organization } from "../../crds/types.ts";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import { LoginPathHolders } from "../../organizations/login-path-reservations.ts";
import {
  loginPathIndex,
  NamespaceUnreadableError,
  Organizations,
  UnknownOrganizationError,
} from "../../webhook/organizations.ts";
import { Origins } from "../../webhook/origins.ts";
import { organization } from "../organizations/organization.ts";

const acme = organization("team/acme", "acme", { created: "2026-01-01T00:00:00Z" });
const later = organization("other/later", "acme", { created: "2026-02-01T00:00:00Z" });
const foreign = organization("theirs/older", "acme", { created: "2020-01-01T00:00:00Z" });

/** Those that there are, with one of another release among them; which paths are reserved; and what can't be read. */
function scene({ reserved }: { reserved?: Record<string, string> } = {}) {
  const all = [foreign, acme, later];
  const stale = new Set<string>();
  const unreadable: { namespace: string; error: Error }[] = [];
  const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "paths" } } as const;
  const organizations = new Organizations(
    {
      by: (index, value) =>
        index === "loginPath" ? all.filter((one) => loginPathIndex.loginPath(one).includes(value)) : [],
      get: (key) => all.find(({ metadata: { namespace, name } }) => key === `${namespace}/${name}`),
      unreadable: () => unreadable as never,
    },
    new LoginPathHolders({
      cache: {
        subscribe: () => () => {},
        get: () => (reserved ? { ...configMap, data: reserved } : undefined),
      },
      key: "access/paths",
      prefixes: new LoginPathPrefixes(),
    }),
    ({ metadata }) => metadata.namespace === "theirs",
    (namespace) => stale.has(namespace),
    new Origins("https://login.example.com"),
  );
  const cannotBeRead = (namespace: string) => {
    stale.add(namespace);
    unreadable.push({ namespace, error: new Error("users is forbidden") });
  };
  return { organizations, stale, cannotBeRead };
}

test("at a login path, the organization is served that it is reserved for, and none of another release", (t) => {
  const { organizations } = scene();
  t.is(organizations.find("acme"), acme);
  t.is(organizations.at("acme"), acme);
  for (const nobodys of ["beta", "", undefined, ["acme"]]) {
    t.is(organizations.find(nobodys), undefined);
    t.throws(() => organizations.at(nobodys), { instanceOf: UnknownOrganizationError });
  }
  const reserved = scene({ reserved: { acme: "other/later" } }).organizations;
  t.is(reserved.at("acme"), later);
  t.is(scene({ reserved: { acme: "theirs/older" } }).organizations.find("acme"), undefined);
});

test("people are shown the way in to an organization where it is served, and addresses are of its path at this webhook", (t) => {
  const { organizations } = scene();
  t.is(organizations.wayIn(acme), "https://login.example.com/login/acme");
  t.is(organizations.wayIn(later), undefined);
  t.is(organizations.loginURI(later), "https://login.example.com/login/acme");
  t.is(organizations.callbackURI(acme), "https://login.example.com/callback/acme");
  t.is(organizations.eventHookURI(acme), "https://login.example.com/hooks/okta/acme");
});

test("by its name an organization is found wherever its people sign in, but for those of other releases", (t) => {
  const { organizations, stale } = scene();
  t.is(organizations.served("team", "acme"), acme);
  t.is(organizations.served("other", "later"), later);
  t.is(organizations.served("theirs", "older"), undefined);
  t.is(organizations.served("team", "beta"), undefined);
  t.is(organizations.named("theirs/older"), foreign);
  stale.add("team");
  for (const name of ["acme", "beta"])
    t.throws(() => organizations.served("team", name), {
      instanceOf: NamespaceUnreadableError,
      message: /namespace team /,
    });
  t.is(organizations.served("other", "later"), later);
});

test("where what decides sign-ins can't be read, nobody is told that there is no organization, nor let in", (t) => {
  const { organizations, stale } = scene();
  stale.add("team");
  const error = t.throws(() => organizations.at("acme"), { instanceOf: NamespaceUnreadableError });
  t.is(error?.namespace, "team");
  t.is(organizations.find("acme"), acme as Organization | undefined);

  const away = scene();
  away.cannotBeRead("away");
  const perhaps = t.throws(() => away.organizations.at("beta"), { instanceOf: NamespaceUnreadableError });
  t.regex(perhaps?.message ?? "", /users is forbidden/);
  t.is(perhaps?.namespace, undefined);
  t.is(away.organizations.at("acme"), acme, "others aren't held up by it");
  t.throws(() => away.organizations.at(undefined), { instanceOf: UnknownOrganizationError });
  away.stale.clear();
  t.throws(
    () => away.organizations.at("beta"),
    { instanceOf: UnknownOrganizationError },
    "it was known a moment ago",
  );

  const kept = scene({ reserved: { beta: "away/beta", gamma: "team/gamma" } });
  kept.cannotBeRead("away");
  t.throws(() => kept.organizations.at("beta"), { instanceOf: NamespaceUnreadableError });
  t.throws(() => kept.organizations.at("gamma"), { instanceOf: UnknownOrganizationError }, "it isn't there");
});
