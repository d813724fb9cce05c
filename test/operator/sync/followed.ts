import type { ExecutionContext } from "ava";
import { oktaHints } from "../../../crds/resources.ts";
import type { OrganizationUser } from "../../../crds/types.ts";
import type { User } from "../../../identity/index.ts";
import type { Hint } from "../../../okta/events/hint.ts";
import { HintsWriter } from "../../../organizations/hints-writer.ts";
import { waitFor } from "../../cluster.ts";
import { type OperatorTestOptions, operatorUnderTest, type UnderTest } from "../operator-under-test.ts";

/** An organization whose directory is followed: who is in `web` holds service-admin, who is in `portal` portal-admin. */
export interface Followed extends UnderTest {
  /** Somebody of Okta's directory, in these groups there. @returns Okta's id of them */
  person(name: string, ...groups: string[]): string;
  /** The same with an account, by a sign-in with these groups. */
  member(name: string, ...groups: string[]): Promise<User>;
  untilState(user: User, state: "Active" | "Deactivated", roles?: string[]): Promise<OrganizationUser>;
  /** Waits until the directory has been read. */
  untilRead(): Promise<void>;
  /** Notes that somebody, or everything, is to be looked at, as the webhook does for an event hook. */
  hear(...hints: Hint[]): Promise<void>;
  /** Has everything read now, as people do with kubectl, and waits until it was. */
  readEverything(): Promise<void>;
  /** Waits until nothing is to be looked at any more. */
  untilDone(): Promise<void>;
}

const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["web"], ["service-admin"]],
  portals: [["portal"], ["portal-admin"]],
};

export async function followed(
  t: ExecutionContext,
  { directory = {}, okta = {}, ...options }: OperatorTestOptions & { directory?: object; okta?: object } = {},
): Promise<Followed> {
  const underTest = await operatorUnderTest(t, { ...options, autoStart: false });
  const { okta: standIn } = underTest;
  for (const group of ["web", "portal", "unmapped"]) standIn.directory.addGroup(group);
  await underTest.applyAcme({
    mappings: MAPPINGS,
    okta: {
      ...okta,
      directory: {
        url: standIn.url,
        apiTokenRef: { name: "acme-okta", key: "apiToken" },
        pollInterval: "10s",
        ...directory,
      },
    },
  });
  const person = (name: string, ...groups: string[]): string =>
    standIn.directory.addUser({ login: `${name}@acme.example`, groups }).id;
  if (options.autoStart ?? true) underTest.start();
  let requests = 0;
  const ref = `${underTest.cluster.namespace}/acme`;
  return {
    ...underTest,
    person,
    member: async (name, ...groups) => underTest.signedIn(person(name, ...groups), groups, MAPPINGS),
    untilState: ({ ref }, state, roles) =>
      underTest.untilUser(
        ref,
        `to be ${state}`,
        ({ status }) =>
          status?.state === state && (roles === undefined || status.roleNames?.join() === roles.join()),
      ),
    hear: async (...hints) => {
      // A busy machine isn't an API server that doesn't answer.
      const writer = new HintsWriter({ client: underTest.client, timeoutMs: 60_000 });
      await writer.heard(await underTest.organization(), { hints });
    },
    readEverything: async () => {
      const request = `${++requests}`;
      await underTest.cluster.kubectl(
        "annotate",
        "--overwrite",
        "oktaorg",
        "acme",
        `rolemapping.dev/sync=${request}`,
      );
      await waitFor(
        async () =>
          (await underTest.organization()).status?.directory?.lastFullSyncRequest === request || undefined,
        { what: "everything to be read" },
      );
    },
    untilDone: async () =>
      void (await waitFor(
        async () => {
          const { people, groups, everything } = (await underTest.client.get(oktaHints, ref)).spec;
          return (people === undefined && groups === undefined && everything === undefined) || undefined;
        },
        { what: "nothing to be looked at any more" },
      )),
    untilRead: async () => void (await underTest.condition("oktaorg", "acme", "DirectorySynced", "True")),
  };
}
