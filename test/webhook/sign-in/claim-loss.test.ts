import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { type Identity, noAccess, type User } from "../../../identity/index.ts";
import { ClaimLoss } from "../../../webhook/sign-in/claim-loss.ts";
import * as one from "../../identity/an-account.ts";

const organization = { spec: { safeguards: { maxDeactivations: "20%" } } } as Organization;
const inForce = { issuer: one.ISSUER, policy: one.policy, held: false };
const account = (subject: string): User => one.account({ ref: `acme/${subject}`, subject });
/** Somebody whom Okta has signed in without the claim. */
const identity = (subject: string): Identity => ({ ...one.identity(), subject, groupsFrom: "MissingClaim" });

/** People with accounts, in a store that hands them out one by one, others running in between. */
function scene(count: number) {
  const users = new Map<string, User>();
  for (let i = 0; i < count; i++) users.set(`person${i}`, account(`person${i}`));
  const between = { turn: async () => {} };
  const claimLoss = new ClaimLoss({
    store: {
      find: async (_, { subject }) => users.get(subject),
      async *users() {
        for (const subject of [...users.keys()]) {
          await new Promise(setImmediate);
          await between.turn();
          yield users.get(subject) as User;
        }
      },
    },
  });
  const allow = (subject: string) => claimLoss.allow("acme/acme", organization, inForce, identity(subject));
  const deactivate = (subject: string): void => {
    users.set(subject, {
      ...account(subject),
      groups: [],
      groupsFrom: "MissingClaim",
      access: noAccess("NoMappedGroup", "Okta reports no groups for this person."),
      activeSince: Date.now(),
    });
  };
  return { users, allow, deactivate, between };
}

test("of many who come without the claim while others are counted, five may lose their access", async (t) => {
  const { users, allow } = scene(14);
  const allowed = await Promise.all([...users.keys()].map(allow));
  t.is(allowed.filter((allowance) => allowance !== undefined).length, 5);
});

test("who is deactivated during a count counts once, whether the count has met them before or after", async (t) => {
  const { allow, deactivate, between } = scene(14);
  const four: (Disposable | undefined)[] = [];
  for (let i = 0; i < 4; i++) four.push(await allow(`person${i}`));
  // The first of them is met while active, the last when it is deactivated; none of them is under way at the end.
  let met = 0;
  between.turn = async () => {
    met++;
    if (met !== 2) return;
    for (let i = 0; i < 4; i++) {
      deactivate(`person${i}`);
      four[i]?.[Symbol.dispose]();
    }
  };
  const fifth = await allow("person4");
  t.truthy(fifth);
  between.turn = async () => {};
  t.is(await allow("person5"), undefined, "would be the sixth");
});

test("a sign-in that came to nothing leaves room for another", async (t) => {
  const { allow } = scene(14);
  const allowed: (Disposable | undefined)[] = [];
  for (let i = 0; i < 5; i++) allowed.push(await allow(`person${i}`));
  t.is(await allow("person5"), undefined);
  allowed[0]?.[Symbol.dispose]();
  t.truthy(await allow("person5"));
});
