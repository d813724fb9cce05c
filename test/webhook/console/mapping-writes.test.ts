import test, { type ExecutionContext } from "ava";
import type { MappedGroup } from "../../../crds/types.ts";
import { ForbiddenError } from "../../../kubernetes/index.ts";
import { isPerhapsWritten, MappingChangedError, writeEdit } from "../../../webhook/console/mapping-writes.ts";
import { readMappings, readOrganization } from "../../../webhook/console/read-mappings.ts";
import { roleFields } from "../../../webhook/console/role-fields.ts";
import { acmeThatSaves, type MappingGiven, mappingsScene, storedMapping } from "./mappings-scene.ts";

const ROLES = [{ name: "owner", displayName: "Owners", admin: true }];
const acme = acmeThatSaves(ROLES);
const OWNER = "acme.owner";
const A = [{ name: "a" }];

/** What is there when the page is looked at, and what writes the groups of its field. */
async function scene(t: ExecutionContext, ...given: MappingGiven[]) {
  const made = await mappingsScene(t, ROLES);
  const { there, client } = made;
  const changes = (...more: MappingGiven[]) => {
    const others = [storedMapping("acme.another", ["owner"])];
    there.mappings = [...others, ...more.map((each) => storedMapping(OWNER, ["owner"], each))];
  };
  changes(...given);
  const [field] = roleFields(acme, await readMappings(client, acme), true);
  if (!field) throw new Error("no field");
  const write = (groups: readonly MappedGroup[]) => writeEdit(client, acme, { field, groups });
  return { ...made, changes, write };
}

const conflict = [409, "Conflict"] as const;

/** What the page's mapping has to be when it is written. */
const at = (resourceVersion: string) => ({ uid: `uid-of-${OWNER}`, resourceVersion });

test("a mapping is made where there is none, and written and deleted only as it was read", async (t) => {
  const none = await scene(t);
  t.like(await none.write(A), { metadata: { name: OWNER }, spec: { groups: A } });
  // No object has that version.
  t.deepEqual(none.writes, [["apply", OWNER, A, { uid: undefined, resourceVersion: "1" }]]);
  t.like(none.requests.at(-1), { query: { fieldManager: "okta-role-console" } });

  const one = await scene(t, { version: "5" });
  await one.write(A);
  t.like(await one.write([]), {
    metadata: { name: OWNER, resourceVersion: "5" },
    spec: { groups: [{ name: "staff" }] },
  });
  t.deepEqual(one.writes, [
    ["apply", OWNER, A, at("5")],
    ["delete", OWNER, at("5")],
  ]);
});

test("what has only got another status meanwhile is written as it is by then, up to three times more", async (t) => {
  for (const groups of [A, []]) {
    const { write, writes, answers, changes } = await scene(t, { version: "5" });
    changes({ version: "6" });
    answers.push([...conflict], [...conflict], [...conflict]);
    await write(groups);
    const what = groups.length > 0 ? ["apply", OWNER, groups] : ["delete", OWNER];
    t.deepEqual(
      writes,
      ["5", "6", "6", "6"].map((version) => [...what, at(version)]),
    );
  }
});

test("what never comes to rest is given up after four times", async (t) => {
  const { write, writes, answers } = await scene(t, {});
  answers.push([...conflict], [...conflict], [...conflict], [...conflict]);
  const error = await t.throwsAsync(write(A), { instanceOf: MappingChangedError });
  t.is(error?.mapping, OWNER);
  t.is(error?.message, `${OWNER} was changed meanwhile.`);
  t.like(error?.cause, { code: "conflict" });
  t.is(writes.length, 4);
});

test("what somebody else has a hand in by now isn't written, and what isn't there isn't deleted", async (t) => {
  for (const failing of [conflict, [404, "NotFound"] as const]) {
    const { write, writes, answers, changes } = await scene(t, {});
    changes({ managers: ["okta-role-console", "kubectl"] });
    answers.push([...failing]);
    await t.throwsAsync(write(A), { instanceOf: MappingChangedError });
    t.is(writes.length, 1);
  }
  const { write, writes } = await scene(t);
  await t.throwsAsync(write([]), { instanceOf: MappingChangedError });
  t.is(writes.length, 0);
});

test("what an earlier request may have written is taken for written where it is just that, and the page's alone", async (t) => {
  const lost = [503, "ServiceUnavailable"] as const;
  const B = [{ name: "b" }];
  const written: [groups: MappedGroup[], before: MappingGiven[], now: MappingGiven[]][] = [
    [A, [{}], [{ groups: A, generation: 2, version: "2" }]],
    [A, [], [{ groups: A, version: "2" }]],
    [[], [{ version: "2" }], []],
  ];
  const others: typeof written = [
    [A, [{}], [{ groups: B, generation: 2 }]],
    [A, [{}], [{ groups: A, generation: 2, managers: ["okta-role-console", "kubectl"] }]],
    [A, [{}], [{ groups: A, uid: "another" }]],
    [A, [{}], []],
    [A, [], [{ groups: B }]],
    [[], [{}], [{ uid: "another" }]],
  ];
  for (const [i, [groups, before, now]] of [...written, ...others].entries())
    for (const isLost of [true, false]) {
      const { write, answers, changes } = await scene(t, ...before);
      changes(...now);
      answers.push(
        ...(isLost ? [lost, conflict] : [conflict]).map((answer) => [...answer] as [number, string]),
      );
      const writing = write(groups);
      const what = `${i} ${isLost}`;
      if (isLost && i < written.length) t.like(await writing, { metadata: { resourceVersion: "2" } }, what);
      else {
        const error = await t.throwsAsync(writing, { instanceOf: MappingChangedError }, what);
        t.is(isPerhapsWritten(error), isLost, what);
      }
    }
});

test("any other failure is told as it is", async (t) => {
  const { write, writes, answers } = await scene(t, {});
  answers.push([403, "Forbidden"]);
  await t.throwsAsync(write(A), { instanceOf: ForbiddenError });
  t.is(writes.length, 1);
});

test("mappings are read by their organization in small pages, sorted by name, with whose they are and without who wrote what", async (t) => {
  const { client, there, requests } = await mappingsScene(t, ROLES);
  const names = ["b", "a", "c"];
  there.mappings = names.map((name) => storedMapping(name, ["owner"], { managers: [`made-${name}`] }));
  const bare = storedMapping("0", ["owner"]);
  there.mappings.push({ ...bare, metadata: { name: "0", namespace: "acme" } });
  const read = await readMappings(client, acme);
  t.deepEqual(
    read.map(({ object, owners }) => [object.metadata.name, owners.join()]),
    [
      ["0", "somebody who isn't known"],
      ["a", "made-a"],
      ["b", "made-b"],
      ["c", "made-c"],
    ],
  );
  for (const { object } of read) t.false("managedFields" in object.metadata);
  t.like(requests.at(-1), {
    path: "/apis/rolemapping.dev/v1alpha1/namespaces/acme/oktarolemappings",
    query: { fieldSelector: "spec.organizationRef.name=acme", limit: "100" },
  });
});

test("the organization is read by itself, or isn't there", async (t) => {
  const { client, there, requests } = await mappingsScene(t, ROLES);
  t.like(await readOrganization(client, acme), { metadata: { uid: "uid-of-acme" } });
  t.like(requests.at(-1), { query: { fieldSelector: "metadata.name=acme", limit: "1" } });
  there.organization = undefined;
  t.is(await readOrganization(client, acme), undefined);
});
