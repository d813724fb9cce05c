import test from "ava";
import { savedMark } from "../../../webhook/console/saved-mark.ts";
import { type MappingGiven, storedMapping } from "./mappings-scene.ts";

const made = (given: MappingGiven = {}) => storedMapping("acme.viewer", ["viewer"], given);

/** The mark of a page with one field, whose mapping is like that. */
const of = (object: ReturnType<typeof made> | undefined) =>
  savedMark([{ mapping: "acme.viewer", read: object && { object, owners: [] } }]);

test("what is edited, made, deleted or made again is another mark; a status or a pause leaves it as it is", (t) => {
  const marks = [of(made()), of(made({ generation: 2 })), of(made({ uid: "another" })), of(undefined)];
  t.is(new Set(marks).size, marks.length);
  t.is(of(made({ version: "2", managers: ["kubectl"] })), marks[0] ?? "");
  t.regex(marks[0] ?? "", /^[\w-]{16}$/);
  const two = ["a", "b"].map((mapping) => ({ mapping, read: undefined }));
  t.not(savedMark(two), savedMark([...two].reverse()));
});

test("what was written since the fields were read counts in place of what was read", (t) => {
  const before = [{ mapping: "acme.viewer", read: { object: made(), owners: [] } }];
  const written = (object: ReturnType<typeof made> | undefined) =>
    savedMark(before, new Map([["acme.viewer", object]]));
  t.is(written(made({ generation: 2 })), of(made({ generation: 2 })));
  t.is(written(undefined), of(undefined));
  t.is(savedMark(before, new Map([["acme.owner", made({ generation: 2 })]])), of(made()));
});
