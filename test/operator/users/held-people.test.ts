import test from "ava";
import type { LossCause } from "../../../identity/index.ts";
import { HeldPeople } from "../../../operator/users/held-people.ts";

test("who is held is counted by organization and cause, as it was told last", (t) => {
  const held = new HeldPeople();
  const causes = new Map<LossCause, number>([
    ["MappingsChanged", 3],
    ["GroupsGone", 2],
    ["ClaimMissing", 5],
    ["IssuerChanged", 7],
  ]);
  held.tell("team/acme", causes);
  held.tell("team/other", new Map([["GroupsGone", 1]]));
  causes.set("MappingsChanged", 9);
  t.deepEqual(
    [...held.counts()].map(({ organization, cause, people }) => [organization, cause, people]),
    [
      ["team/acme", "mapping edited", 3],
      ["team/acme", "groups gone", 2],
      ["team/acme", "claim lost", 5],
      ["team/acme", "issuer changed", 7],
      ["team/other", "groups gone", 1],
    ],
  );
  held.tell("team/acme", undefined);
  t.is([...held.counts()].length, 1);
  held.clear();
  t.deepEqual([...held.counts()], []);
});
