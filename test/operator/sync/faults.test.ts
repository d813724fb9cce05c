import test from "ava";
import { system } from "../../../dev/okta/directory/parties.ts";
import { changeStatus } from "../../../dev/okta/directory/user-lifecycle.ts";
import { managementFaults, type OktaStandIn, startOkta } from "../../../dev/okta/index.ts";
import type { User, UserChange } from "../../../identity/index.ts";
import { Directory } from "../../../okta/directory/directory.ts";
import { Http } from "../../../okta/http/http.ts";
import { pass } from "../../../operator/sync/full-pass.ts";
import { lookAtPerson } from "../../../operator/sync/look-at-person.ts";
import { LAG_MS } from "../../../operator/sync/looks.ts";
import { SimulatedStore } from "../../identity/simulated-store.ts";
import { LOOPBACK } from "../../okta/loopback.ts";
import { ORGANIZATION, ROLES, readingDeps, rolesHeld, signedInWith } from "./read-organization.ts";

// Whatever goes wrong with whichever answer, and for however long: nobody holds anything but what they held before, or
// what Okta says, and when it is over everybody holds what Okta says.

/** The roles of people before, by the sign-in that they had then, and the roles that Okta means now. */
const PEOPLE = {
  ada: { before: ["web"], now: [] },
  bob: { before: ["web", "portal"], now: ["web"] },
  cy: { before: ["portal"], now: ["portal", "web"] },
  dan: { before: ["web"], now: ["web"], suspended: true },
  eve: { before: ["portal"], now: ["web"] },
  fay: { before: ["web", "portal"], now: ["web", "portal"] },
} as const satisfies Record<string, { before: readonly string[]; now: readonly string[]; suspended?: true }>;
const ROLE_OF: Readonly<Record<string, string>> = { web: "service-admin", portal: "portal-admin" };
const rolesOf = (groups: readonly string[]): string =>
  groups
    .map((group) => ROLE_OF[group])
    .sort()
    .join();

type ManagementFault = keyof typeof managementFaults;

/** Answers that never end: each costs the time after which it is given up. */
const SILENT: ReadonlySet<ManagementFault> = new Set(["hang", "slow drip"]);

interface Asking {
  readonly http: Http;
  readonly maxWaitMs: number;
}

/** Okta as it is now. It is asked and not changed: one does for all. */
async function oktaNow(): Promise<{ okta: OktaStandIn; impatient: Asking; patient: Asking }> {
  const okta = await startOkta({ groups: ["web", "portal"], apiTokens: ["token"] });
  for (const [name, person] of Object.entries(PEOPLE)) {
    okta.directory.addUser({ login: `${name}@acme.example`, groups: [...person.now] });
    if ("suspended" in person)
      changeStatus(okta.directory, okta.directory.user(`${name}@acme.example`), "suspend", system);
  }
  const destinations = LOOPBACK;
  return {
    okta,
    impatient: { http: new Http({ destinations, timeoutMs: 300 }), maxWaitMs: 20 },
    // Several of these tests share a process, and its machine with others.
    patient: { http: new Http({ destinations, timeoutMs: 120_000 }), maxWaitMs: 10_000 },
  };
}

/** A store of somebody who is killed at a write: there is no answer to it, and nothing is written after it. */
class MortalStore extends SimulatedStore {
  diesAtWrite: number | undefined;
  #writes = 0;

  override async update(user: User, change: UserChange): Promise<User> {
    if (this.diesAtWrite !== undefined && ++this.#writes >= this.diesAtWrite) throw new Error("killed");
    return super.update(user, change);
  }
}

async function scene(okta: OktaStandIn) {
  const store = new MortalStore();
  const issuer = okta.issuer("default");
  const ids = new Map<string, string>();
  for (const [name, { before }] of Object.entries(PEOPLE)) {
    const { id } = okta.directory.user(`${name}@acme.example`);
    ids.set(name, id);
    await signedInWith(store, { issuer, subject: id }, before);
  }
  // A new one each time: what a rate limit was then doesn't matter after it.
  const directory = ({ http, maxWaitMs }: Asking) => {
    // What is waited for is skipped.
    let skippedMs = 0;
    return new Directory({
      url: okta.url,
      credentials: { kind: "api-token", token: "token" },
      http,
      maxWaitMs,
      now: () => performance.now() + skippedMs,
      wait: async (ms) => {
        skippedMs += ms;
      },
    });
  };
  const groups = ["web", "portal"].map((name) => ({ id: okta.directory.group(name).id, name, byID: false }));
  const found = new Map(groups.map((group) => [group.id, group]));
  const deps = {
    ...readingDeps(store, issuer),
    mapped: () => ({ found, gone: new Set<string>(), notShown: new Set<string>() }),
  };
  /** What everybody holds by what is stored. */
  const held = async (): Promise<Map<string, string>> => {
    const roles = new Map<string, string>();
    for (const [name, subject] of ids) {
      roles.set(name, rolesHeld(await store.find(ORGANIZATION, { issuer, subject }), issuer));
    }
    return roles;
  };
  return {
    held,
    store,
    /** Why not all was read; undefined: it was. */
    pass: async (asking: Asking): Promise<unknown> => {
      const { failure, left } = await pass({ groups, gone: [] }, { ...deps, directory: directory(asking) });
      return failure ?? [...left.values()][0];
    },
    look: async (asking: Asking): Promise<unknown> => {
      let failure: unknown;
      const asked = directory(asking);
      for (const id of ids.values())
        await lookAtPerson(id, {}, LAG_MS, asked, deps).catch((error: unknown) => {
          failure = error;
        });
      return failure;
    },
  };
}

const TRUTH = new Map(
  Object.entries(PEOPLE).map(([name, person]) => [name, "suspended" in person ? "" : rolesOf(person.now)]),
);
const BEFORE = new Map(Object.entries(PEOPLE).map(([name, { before }]) => [name, rolesOf(before)]));

for (const way of ["pass", "look"] as const)
  test(`${way === "pass" ? "all members are read" : "people are looked at one by one"}, and the operator is killed at any write: the next one ends where Okta is`, async (t) => {
    const { okta, impatient, patient } = await oktaNow();
    t.teardown(() => okta.stop());
    t.teardown(() => Promise.all([impatient.http.close(), patient.http.close()]));
    let atWrite = 0;
    for (let isKilled = true; isKilled; ) {
      atWrite++;
      const under = await scene(okta);
      under.store.diesAtWrite = atWrite;
      isKilled = (await under[way](patient).catch((error: unknown) => error)) !== undefined;
      under.store.diesAtWrite = undefined;
      for (const [person, roles] of await under.held())
        t.true([TRUTH.get(person), BEFORE.get(person)].includes(roles), `${person} holds "${roles}"`);
      t.is(await under[way](patient), undefined);
      t.deepEqual(await under.held(), TRUTH, `killed at write ${atWrite}`);
    }
    t.true(atWrite > 5, `${atWrite} writes`);
  });

for (const way of ["pass", "look"] as const)
  for (const lasting of [false, true])
    test(`${way === "pass" ? "all members are read" : "people are looked at one by one"}, and any one answer${lasting ? " and all after it are" : " is"} wrong in any way: nothing is lost or gained by it`, async (t) => {
      const { okta, impatient, patient } = await oktaNow();
      t.teardown(() => okta.stop());
      t.teardown(() => Promise.all([impatient.http.close(), patient.http.close()]));
      let cases = 0;
      const one = async (name: ManagementFault, nth: number): Promise<boolean> => {
        const wrong = managementFaults[name](nth);
        const under = await scene(okta);
        const misbehaving = okta.misbehave(lasting ? { ...wrong, times: 1_000 } : wrong);
        const isComplete = (await under[way](SILENT.has(name) ? impatient : patient)) === undefined;
        const { hits } = misbehaving;
        misbehaving.stop();
        if (hits === 0) return false;
        cases++;
        const held = await under.held();
        for (const [person, roles] of held)
          for (const { name: role } of ROLES) {
            const [holds, held, means] = [roles, BEFORE.get(person), TRUTH.get(person)].map((list) =>
              list?.includes(role),
            );
            t.true(
              holds === means || (!isComplete && holds === held),
              `${name}, answer ${nth}: ${person} and ${role}: ${held} before, ${holds} now, Okta: ${means}; complete: ${isComplete}`,
            );
          }
        t.is(await under[way](patient), undefined);
        t.deepEqual(await under.held(), TRUTH, `after ${name} at answer ${nth}`);
        return true;
      };
      for (const name of Object.keys(managementFaults) as ManagementFault[])
        for (let nth = 1; nth <= (SILENT.has(name) ? 4 : 100) && (await one(name, nth)); nth++);
      t.log(`${cases} cases`);
      t.true(cases > 80, `${cases} cases`);
    });
