import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { Controller } from "../../../kubernetes/index.ts";
import { Gate, type KeysAre } from "../../../operator/releases/gate.ts";
import { organization } from "../../organizations/organization.ts";

/** An object of the organization acme, or of another one. */
const of = (name: string) =>
  ({ metadata: { namespace: "team" }, spec: { organizationRef: { name } } }) as never;

/** A gate, and queues that note what is added to them. */
function scene() {
  const acme = organization("team/acme", "acme");
  const state = { isOurs: false, added: [] as string[] };
  const known = new Map<string, Organization>([["team/acme", acme]]);
  const gate = new Gate({
    keepers: { isOurs: () => state.isOurs },
    organizations: { get: (key) => known.get(key) },
    mappings: {
      get: (key) => (key === "team/m" ? of("acme") : key === "team/alone" ? of("gone") : undefined),
    },
    users: { get: (key) => (key === "team/u" ? of("acme") : undefined) },
  });
  const queue = (name: string) =>
    ({ add: (key: string) => void state.added.push(`${name} ${key}`) }) as unknown as Controller["queue"];
  const queues = { a: queue("a"), b: queue("b") };
  const admits = (key: string, keysAre: KeysAre, on: keyof typeof queues = "a") =>
    gate.admits(key, keysAre, queues[on]);
  return { state, gate, admits };
}

test("what hangs on an organization that another release keeps is turned away; ours and nobody's is let in", (t) => {
  const { state, admits } = scene();
  const all = () => [
    admits("team/acme", "organizations"),
    admits("team/m", "mappings"),
    admits("team/u", "users"),
  ];
  t.deepEqual(all(), [false, false, false]);
  t.true(admits("team/gone", "organizations"));
  t.true(admits("team/gone", "mappings"));
  t.true(admits("team/alone", "mappings"), "its organization is gone");
  t.true(admits("team/m", "users"), "no user has this key");
  state.isOurs = true;
  t.deepEqual(all(), [true, true, true]);
});

test("what was turned away is looked at once when its organization has become ours, each by its own controller", (t) => {
  const { state, gate, admits } = scene();
  gate.open("team/acme");
  admits("team/m", "mappings");
  admits("team/m", "mappings");
  admits("team/u", "users", "b");
  admits("team/acme", "organizations", "b");
  gate.open("team/other");
  t.deepEqual(state.added, []);
  gate.open("team/acme");
  t.deepEqual(state.added, ["a team/m", "b team/u", "b team/acme"]);
  gate.open("team/acme");
  t.is(state.added.length, 3);
});
