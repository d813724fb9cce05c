import test from "ava";
import { local } from "../../identity/an-account.ts";
import { storedMapping } from "./mappings-scene.ts";
import { savedOf, scene, stays } from "./role-mappings-scene.ts";

test("what was saved is told in the audit log and by events", async (t) => {
  const { save, there, events, lines } = await scene(t);
  there.mappings = [
    storedMapping("acme.viewer", ["viewer"], { groups: [{ name: "a" }] }),
    storedMapping("acme.owner", ["owner"], { groups: [{ name: "owners" }, { name: "old" }] }),
  ];
  const boss = ["b1", "b2", "b3", "b4", "b5", "id:00g6", "b7"];
  const saved = await save({ viewer: "", owner: 'owners\n"new"', boss: boss.join("\n") });
  t.deepEqual(savedOf(saved), ["acme.owner", "acme.boss", "acme.viewer"]);
  const end = "on the page Role mapping, for the role";
  const notes = [
    `ada@acme.example has added ""new"" and taken out "old" ${end} owner.`,
    `ada@acme.example has added "b1", "b2", "b3", "b4", "b5" and 2 more ${end} boss.`,
    `ada@acme.example has deleted it ${end} viewer.`,
  ];
  t.deepEqual(
    events.map(({ type, reason, action, note }) => [type, reason, action, note]),
    [
      ["Normal", "MappingSaved", "SaveMapping", notes[0]],
      ["Normal", "MappingSaved", "SaveMapping", notes[1]],
      ["Normal", "MappingDeleted", "DeleteMapping", notes[2]],
    ],
  );
  const who = { audit: true, organization: "acme/acme", user: "acme/ada", email: "ada@acme.example" };
  t.like(lines[0], {
    ...who,
    action: "save-mapping",
    mapping: "acme/acme.owner",
    role: "owner",
    msg: notes[0],
  });
  t.like(lines[0], { added: ['"new"'], removed: ["old"] });
  t.like(lines[1], { added: boss, removed: [] });
  t.like(lines[2], {
    ...who,
    action: "delete-mapping",
    mapping: "acme/acme.viewer",
    added: [],
    removed: ["a"],
  });
  t.is(lines.length, 3);
});

test("who has no address is named by their account; groups that were only taken out are named", async (t) => {
  const { roleMappings, visitor, there, lines } = await scene(t);
  there.mappings = [
    storedMapping("acme.viewer", ["viewer"], {
      groups: ["a", "b", "c", "d", "e", "f"].map((name) => ({ name })),
    }),
  ];
  const mia = { ...visitor, user: local({ ref: "acme/mia" }) };
  const filledIn = new Map([["viewer", "f"]]);
  const { hash } = await roleMappings.preview(mia, filledIn);
  await roleMappings.save(mia, filledIn, { hash, takesOwnAdminRole: false }, stays);
  const [line] = lines;
  t.regex(String(line?.msg), /^acme\/mia has taken out "a", "b", "c", "d", "e" on the page/);
  t.false("email" in (line ?? {}));
});

test("before each write it is asked whether who saves is still an admin; what was done until they weren't is told and recorded", async (t) => {
  const why = { kind: "refused", reason: "session-ended", clear: [] } as const;
  const form = { viewer: "a", boss: "b" };
  for (const [asked, done] of [
    [1, []],
    [2, []],
    [3, ["acme.viewer"]],
  ] as const) {
    const { save, writes, lines } = await scene(t);
    let times = 0;
    const saved = await save(form, {}, async () => (++times === asked ? why : undefined));
    t.deepEqual(saved, { kind: "turned-away", why, done });
    t.is(writes.length, done.length);
    t.deepEqual(
      lines.map(({ mapping }) => mapping),
      done.map((name) => `acme/${name}`),
    );
  }
});

test("what isn't what was seen isn't shown to who is no admin any more", async (t) => {
  const { save, writes } = await scene(t);
  const why = { kind: "stale", namespace: "acme" } as const;
  t.deepEqual(await save({ viewer: "a" }, { hash: "other" }, async () => why), {
    kind: "turned-away",
    why,
    done: [],
  });
  t.deepEqual(writes, []);
});

test("what takes the admin role of who saves, and they have seen it, is saved last", async (t) => {
  const { save, there } = await scene(t);
  there.mappings = [
    storedMapping("acme.owner", ["owner"], { groups: [{ name: "owners" }, { name: "old" }] }),
    storedMapping("acme.viewer", ["viewer"], { groups: [{ name: "a" }] }),
  ];
  const form = { owner: "new", boss: "b", viewer: "" };
  t.deepEqual(savedOf(await save(form, { takesOwnAdminRole: true })), [
    "acme.boss",
    "acme.viewer",
    "acme.owner",
  ]);
});
