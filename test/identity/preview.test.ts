import test from "ava";
import fc from "fast-check";
import {
  CompiledPolicy,
  type Mapping,
  type PersonChange,
  type Preview,
  previewChange,
  type Role,
  resolveStoredAccess,
  roleNames,
  type User,
} from "../../identity/index.ts";
import { account, ISSUER, local } from "./an-account.ts";

const ROLES: Role[] = [{ name: "viewer" }, { name: "editor" }, { name: "boss", admin: true }];
const LIMITS = { recent: 0, active: 100, setting: "20%", localAdminCanGetIn: false };

async function* all(users: readonly User[]): AsyncGenerator<User> {
  yield* users;
}

/** Somebody in these groups, with what a policy gives them. */
function member(name: string, groups: readonly string[], policy: CompiledPolicy): User {
  const user = account({
    ref: `acme/${name}`,
    subject: name,
    email: `${name}@acme.example`,
    groups: groups.map((group) => ({ name: group })),
  });
  const { access: _, ...undecided } = user;
  return { ...undecided, access: resolveStoredAccess(undecided, { issuer: ISSUER, policy, held: false }) };
}

const mapping = (name: string, groups: string[], roles: string[]): Mapping => ({
  name,
  groups: groups.map((group) => ({ name: group })),
  roles,
});

function preview(
  users: readonly User[],
  before: CompiledPolicy,
  after: CompiledPolicy,
  more: { viewer?: string; safeguards?: Partial<typeof LIMITS> } = {},
): Promise<Preview> {
  const { safeguards = {}, ...rest } = more;
  return previewChange(all(users), {
    issuer: ISSUER,
    before,
    after,
    safeguards: { ...LIMITS, ...safeguards },
    ...rest,
  });
}

const who = ({ first }: { first: readonly PersonChange[] }): string[] => first.map(({ ref }) => ref.slice(5));

const viewers = mapping("viewers", ["a"], ["viewer"]);
const editors = mapping("editors", ["b"], ["editor"]);
const bosses = mapping("bosses", ["c"], ["boss"]);
const BEFORE = new CompiledPolicy(ROLES, [viewers, editors, bosses]);

test("it says who gains and loses which roles, who goes out, and who comes back", async (t) => {
  const users = [
    member("ann", ["a"], BEFORE),
    member("bob", ["a", "b"], BEFORE),
    member("cid", ["d"], BEFORE),
    member("dan", ["c"], BEFORE),
    local({ ref: "acme/mia", localRoles: ["viewer"], groups: [{ name: "a" }] }),
  ];
  const after = new CompiledPolicy(ROLES, [mapping("viewers", ["d"], ["viewer"]), editors, bosses]);
  const { gaining, losing, deactivated, roles, own, held } = await preview(users, BEFORE, after, {
    viewer: "acme/bob",
  });
  t.deepEqual(who(gaining), ["cid"]);
  t.deepEqual(gaining.first, [
    { ref: "acme/cid", email: "cid@acme.example", gained: ["viewer"], lost: [], becomes: "active" },
  ]);
  t.deepEqual(who(losing), ["bob"]);
  t.deepEqual(who(deactivated), ["ann"]);
  t.deepEqual([...roles], [["viewer", { gained: 1, lost: 2 }]]);
  t.like(own, { gained: [], lost: ["viewer"] });
  t.deepEqual(held, { deactivating: 1, recent: 0, exceeds: false, lastAdminRoles: [] });
});

test("of many people the first fifty are named, and all are counted", async (t) => {
  const users = Array.from({ length: 130 }, (_, i) => member(`u${i}`, ["a"], BEFORE));
  const after = new CompiledPolicy(ROLES, [editors, bosses]);
  const { deactivated, held } = await preview(users, BEFORE, after, { safeguards: { active: 130 } });
  t.is(deactivated.count, 130);
  t.is(deactivated.first.length, 50);
  t.true(held.exceeds);
});

test("what is deactivated or waits already counts towards the limit, whomever the change touches", async (t) => {
  const waiting = Array.from({ length: 3 }, (_, i) => ({ ...member(`w${i}`, ["b"], BEFORE), groups: [] }));
  const held = waiting.flatMap(({ access, ...user }): User[] =>
    access ? [{ ...user, access: { ...access, reason: "DeactivationHeld" } }] : [],
  );
  const users = [member("ann", ["a"], BEFORE), ...held];
  const after = new CompiledPolicy(ROLES, [editors, bosses]);
  const few = await preview(users, BEFORE, after, { safeguards: { active: 4, recent: 0 } });
  t.like(few.held, { deactivating: 4, exceeds: false });
  t.is(few.deactivated.count, 1);
  const many = await preview(users, BEFORE, after, { safeguards: { active: 4, recent: 1 } });
  t.like(many.held, { deactivating: 4, recent: 1, exceeds: true });
});

test("it says when an admin role would be taken from its last holder, unless a local admin gets in", async (t) => {
  const users = [member("dan", ["c"], BEFORE), member("eli", ["c", "a"], BEFORE)];
  const after = new CompiledPolicy(ROLES, [viewers, editors]);
  t.deepEqual((await preview(users, BEFORE, after)).held.lastAdminRoles, ["boss"]);
  const catalogue = [...ROLES, { name: "owner", admin: true }];
  const both = new CompiledPolicy(catalogue, [mapping("owners", ["d"], ["owner"]), bosses]);
  const leaving = [member("dan", ["d"], both), member("eli", ["c"], both)];
  const found = await preview(leaving, both, new CompiledPolicy(catalogue, []));
  t.deepEqual(found.held.lastAdminRoles, ["boss", "owner"]);
  const safeguards = { localAdminCanGetIn: true };
  t.deepEqual((await preview(users, BEFORE, after, { safeguards })).held.lastAdminRoles, []);
});

test("an admin whom the change doesn't touch is left in the role", async (t) => {
  const other = mapping("others", ["d"], ["boss"]);
  const before = new CompiledPolicy(ROLES, [viewers, bosses, other]);
  const after = new CompiledPolicy(ROLES, [viewers, other]);
  const users = [member("dan", ["c"], before), member("fay", ["d"], before)];
  t.deepEqual((await preview(users, before, after)).held.lastAdminRoles, []);
});

test("a role that is taken out of the catalogue concerns everybody who is in a mapping of it", async (t) => {
  const users = [member("ann", ["a"], BEFORE)];
  const others = ROLES.filter(({ name }) => name !== "viewer");
  for (const catalogue of [others, [...others, { name: "guest" }]]) {
    const after = new CompiledPolicy(catalogue, [viewers, editors, bosses]);
    t.deepEqual(who((await preview(users, BEFORE, after)).deactivated), ["ann"]);
  }
});

test("a role that comes into the catalogue gives what a suspended mapping of it held back", async (t) => {
  const guests = mapping("guests", ["a"], ["guest"]);
  const before = new CompiledPolicy(ROLES, [guests]);
  const after = new CompiledPolicy([...ROLES, { name: "guest" }], [guests]);
  t.deepEqual(who((await preview([member("ann", ["a"], before)], before, after)).gaining), ["ann"]);
});

test("who has left the groups of a paused mapping loses by it what they hold through it", async (t) => {
  const before = new CompiledPolicy(ROLES, [{ ...viewers, paused: true }, editors]);
  const { email: _, ...ann } = { ...member("ann", ["a"], BEFORE), groups: [], name: "Ann" };
  const after = new CompiledPolicy(ROLES, [editors]);
  const { deactivated, roles } = await preview([ann, member("bob", ["b"], BEFORE)], before, after);
  t.deepEqual(deactivated.first, [
    { ref: "acme/ann", name: "Ann", gained: [], lost: ["viewer"], becomes: "deactivated" },
  ]);
  t.deepEqual([...roles.keys()], ["viewer"]);
  const both = { ...member("eve", ["a", "b"], BEFORE), groups: [{ name: "b" }] };
  t.deepEqual(who((await preview([both], before, after)).losing), ["eve"]);
});

test("who isn't decided on yet gains all that they get", async (t) => {
  const { access: _, ...ann } = member("ann", ["a"], BEFORE);
  const { gaining } = await preview([ann], new CompiledPolicy(ROLES, []), BEFORE);
  t.like(gaining.first, [{ gained: ["viewer"], becomes: "active" }]);
});

const GROUPS = ["a", "b", "c", "d"];
const someMapping = (name: string): fc.Arbitrary<Mapping> =>
  fc.record(
    {
      name: fc.constant(name),
      groups: fc.uniqueArray(
        fc.constantFrom<{ name?: string; id?: string }>(...GROUPS.map((group) => ({ name: group })), {
          id: "00g1",
        }),
        { minLength: 1, maxLength: 3 },
      ),
      roles: fc.uniqueArray(fc.constantFrom("viewer", "editor", "boss", "unknown"), {
        minLength: 1,
        maxLength: 2,
      }),
      paused: fc.constant(true as const),
    },
    { requiredKeys: ["name", "groups", "roles"] },
  );
const someMappings = fc
  .tuple(...["one", "two", "three"].map((name) => fc.option(someMapping(name))))
  .map((mappings) => mappings.flatMap((each) => each ?? []));
const somePerson = fc.uniqueArray(fc.constantFrom(...GROUPS), { maxLength: 3 });

test("who is in a group that is named by its id is found", async (t) => {
  const before = new CompiledPolicy(ROLES, [viewers]);
  const ann = { ...member("ann", [], before), groups: [{ name: "d", id: "00g1" }] };
  const byID = { name: "by-id", groups: [{ id: "00g1" }], roles: ["editor"] };
  const after = new CompiledPolicy(ROLES, [viewers, byID]);
  t.deepEqual(who((await preview([ann], before, after)).gaining), ["ann"]);
});

test("nobody is missed: it finds what looking at everybody finds", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      someMappings,
      someMappings,
      fc.array(somePerson, { maxLength: 8 }),
      async (first, second, people) => {
        const before = new CompiledPolicy(ROLES, first);
        // What didn't change is the same object.
        const after = new CompiledPolicy(
          ROLES,
          second.map((each) => first.find((other) => JSON.stringify(other) === JSON.stringify(each)) ?? each),
        );
        const users = people.map((groups, i) => member(`p${i}`, groups, before));
        const found = await preview(users, before, after);
        const expected = users.map((user) => {
          const access = resolveStoredAccess(user, { issuer: ISSUER, policy: after, held: false });
          const [had, has] = [user.access, access].map((each) => new Set(roleNames(each?.grants ?? [])));
          return {
            gains: had !== undefined && has !== undefined && has.difference(had).size > 0,
            loses: had !== undefined && has !== undefined && had.difference(has).size > 0,
            out: user.access?.active === true && !access.active,
          };
        });
        t.is(found.gaining.count, expected.filter(({ gains }) => gains).length);
        t.is(found.losing.count, expected.filter(({ loses, out }) => loses && !out).length);
        t.is(found.deactivated.count, expected.filter(({ out }) => out).length);
        t.is(found.held.deactivating, expected.filter(({ out }) => out).length);
      },
    ),
  );
});
