import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { SYNC_ANNOTATION } from "../crds/annotations.ts";
import { organizations } from "../crds/resources.ts";
import type { Organization } from "../crds/types.ts";
import type { Program } from "../dev/quickstart/program.ts";
import type { Bench } from "./bench.ts";
import { ObjectWatch } from "./object-watch.ts";
import { Okta, OktaRefusedError } from "./okta.ts";
import type { Tenant } from "./tenant.ts";

const PEOPLE = 20_000;
const PEOPLE_QUICK = 500;
const GROUPS = 200;
const GROUPS_QUICK = 20;
/** People in Okta who have no account, and a group that no mapping names. */
const STRANGERS = 100;
const STRANGERS_GROUP = "00gStrangers";
const SYNC_TIMEOUT_MS = 300_000;
const VERIFY_TIMEOUT_MS = 30_000;

/** Somebody with an account, and the groups of Okta's directory that they are in: one, as long as nobody changes that. */
export interface Person {
  readonly subject: string;
  readonly number: number;
}

/**
 * An organization whose directory is followed: everybody is in one group, and each group is named by one mapping. All have
 * accounts, as if they had signed in some day.
 */
export class FollowedOrganization {
  readonly bench: Bench;
  readonly tenant: Tenant;
  readonly okta: Okta;
  readonly people: readonly Person[];
  readonly groups: number;
  /** In Okta alone. */
  readonly strangers: readonly string[];
  readonly strangersGroup = STRANGERS_GROUP;
  readonly #hookSecret: string;
  #syncs = 0;

  private constructor(
    bench: Bench,
    parts: Pick<FollowedOrganization, "tenant" | "okta" | "people" | "groups" | "strangers">,
    hookSecret: string,
  ) {
    this.bench = bench;
    this.tenant = parts.tenant;
    this.okta = parts.okta;
    this.people = parts.people;
    this.groups = parts.groups;
    this.strangers = parts.strangers;
    this.#hookSecret = hookSecret;
  }

  /** Makes it, where it isn't there from an earlier measurement. */
  static of(bench: Bench): Promise<FollowedOrganization> {
    const known = made.get(bench) ?? FollowedOrganization.#make(bench);
    made.set(bench, known);
    return known;
  }

  static async #make(bench: Bench): Promise<FollowedOrganization> {
    const count = bench.quick ? PEOPLE_QUICK : PEOPLE;
    const groups = bench.quick ? GROUPS_QUICK : GROUPS;
    const people = Array.from({ length: count }, (_, number) => ({ subject: `00uPerson${number}`, number }));
    const strangers = Array.from({ length: STRANGERS }, (_, number) => `00uStranger${number}`);
    const [apiToken, hookSecret] = [secret(), secret()];
    bench.say("  starting Okta");
    const program = await bench.okta(
      {
        seededAgoMs: 24 * 3_600_000,
        groups: [
          { id: STRANGERS_GROUP, name: "strangers" },
          ...Array.from({ length: groups }, (_, number) => ({
            id: groupID(number),
            name: groupName(number),
          })),
        ],
        users: [
          ...people.map(({ subject, number }) => ({
            id: subject,
            login: `${subject}@acme.example`,
            displayName: `Person ${subject}`,
            groups: [groupName(number % groups)],
          })),
          ...strangers.map((id) => ({ id, login: `${id}@acme.example` })),
        ],
      },
      apiToken,
    );
    const okta = new Okta(program, apiToken);
    const tenant = await bench.tenant("followed");
    const mappings = Array.from({ length: groups }, (_, number) => ({
      name: groupName(number),
      group: groupName(number),
      role: roleOf(number),
    }));
    bench.say("  making mappings and users");
    for (const { name, group, role } of mappings) await tenant.createMapping(name, group, role);
    await tenant.createMembers(
      people.map(({ subject, number }) => ({ subject, group: groupName(number % groups) })),
      mappings,
    );
    await tenant.followDirectory(okta.url, apiToken, hookSecret);
    return new FollowedOrganization(bench, { tenant, okta, people, groups, strangers }, hookSecret);
  }

  /** The number of the group that somebody was in at first. */
  groupOf({ number }: Person): number {
    return number % this.groups;
  }

  /** Sets up an event hook at a webhook. @returns what takes it away */
  async hookTo({ port }: Program): Promise<() => Promise<void>> {
    const uri = `http://localhost:${port}/hooks/okta/${this.tenant.namespace}`;
    const id = await this.okta.createHook(uri, this.#hookSecret);
    // The webhook may not know of the organization yet.
    for (const deadline = performance.now() + VERIFY_TIMEOUT_MS; ; await sleep(200))
      try {
        await this.okta.verifyHook(id);
        return () => this.okta.deleteHook(id);
      } catch (error) {
        if (!(error instanceof OktaRefusedError) || performance.now() > deadline) throw error;
      }
  }

  /** Has everything read, over and over, until it is told to end; then it waits for the last one. */
  async syncOverAndOver(isEnded: () => boolean): Promise<number> {
    const { admin } = this.bench;
    const watch = await ObjectWatch.start(admin, organizations, this.tenant.namespace);
    let syncs = 0;
    try {
      for (; !isEnded(); syncs++) {
        const request = `bench-${++this.#syncs}`;
        const done = watch.until(
          ({ status }) => status?.directory?.lastFullSyncRequest === request,
          SYNC_TIMEOUT_MS,
        );
        await this.tenant.patchOrganization({ metadata: { annotations: { [SYNC_ANNOTATION]: request } } });
        await done;
      }
    } finally {
      await watch.stop();
    }
    return syncs;
  }

  /** Resolves with the time (performance.now) at which all was read for the first time. */
  async untilRead(watch: ObjectWatch<Organization>): Promise<number> {
    return watch.until(({ status }) => status?.directory?.lastFullSyncTime !== undefined, SYNC_TIMEOUT_MS);
  }
}

const made = new WeakMap<Bench, Promise<FollowedOrganization>>();

export function groupID(number: number): string {
  return `00gGroup${number}`;
}

export function groupName(number: number): string {
  return `group-${number}`;
}

/** Neighbours have different ones. */
export function roleOf(group: number): string {
  return `role-${1 + (group % 9)}`;
}

function secret(): string {
  return randomBytes(24).toString("hex");
}
