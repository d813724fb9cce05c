import type { ExecutionContext } from "ava";
import type { OrganizationUser } from "../../../crds/types.ts";
import type { User } from "../../../identity/index.ts";
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
    untilRead: async () => void (await underTest.condition("oktaorg", "acme", "DirectorySynced", "True")),
  };
}
