import test from "ava";
import { FilterSyntaxError, parseFilter } from "../../../dev/okta/directory/filter-expression.ts";

const event = {
  eventType: "group.user_membership.add",
  published: "2026-01-01T10:00:00.500Z",
  outcome: { result: "SUCCESS", reason: null },
  target: [
    { id: "00u1", type: "User" },
    { id: "00g1", type: "UserGroup" },
  ],
  count: 3,
  name: 'say "hello"',
};

const holds: [string, boolean][] = [
  ['eventType eq "group.user_membership.add"', true],
  ['eventType EQ "Group.user_membership.add"', false],
  ['eventType sw "group." and target.id eq "00g1"', true],
  ['target.id eq "00x"', false],
  ['outcome.result ne "FAILURE"', true],
  ['eventType eq "x" or eventType co "user" and count gt 2', true],
  ['(eventType eq "x" or eventType co "user") and count gt 3', false],
  ['not (eventType sw "user.")', true],
  ['not eventType sw "group." or count le 2', false],
  ['published gt "2026-01-01T11:00:00+02:00"', true],
  ['published lt "2026-01-01T10:00:00.500Z"', false],
  ['published ge "2026-01-01T10:00:00.500Z"', true],
  ["outcome.reason pr", false],
  ["outcome.result pr", true],
  ["missing.attribute pr", false],
  ['missing eq "x"', false],
  ["constructor pr", false],
  ['name eq "say \\"hello\\""', true],
  ['eventType ew "add"', true],
  ['outcome.reason gt "a"', false],
];

for (const [text, expected] of holds)
  test(`${text} is ${expected}`, (t) => {
    t.is(parseFilter(text)(event), expected);
  });

test("a search doesn't mind case", (t) => {
  t.true(parseFilter('name sw "SAY"', { ignoreCase: true })(event));
});

for (const text of [
  "",
  "eventType",
  "eventType eq",
  'eventType is "x"',
  "eventType eq x",
  '(eventType eq "x"',
  'a eq "b" c',
  'a eq "b',
  "a eq {}",
  "1a pr",
])
  test(`${text || "nothing"} is no filter`, (t) => {
    t.throws(() => parseFilter(text), { instanceOf: FilterSyntaxError, code: "filter-syntax" });
  });

test("attributes that aren't allowed are refused", (t) => {
  t.throws(() => parseFilter('name eq "x"', { attributes: ["id"] }), { message: /name/ });
});
