import test from "ava";
import { html } from "../../../webhook/pages/html.ts";
import { Room } from "../../../webhook/pages/room.ts";

test("what fits to the last byte is taken, what doesn't is left and takes nothing", (t) => {
  const room = new Room(5);
  t.true(room.takes("ab"));
  t.false(room.takes("abcd"));
  t.true(room.takes("ä1"), "counted as it is sent");
  t.false(room.takes("x"));
  t.true(room.takes(""));
});

test("as many as there is room for are shown, from the first on, and none behind one that doesn't fit", (t) => {
  const [one, long, two] = [html`<b>`, html`<long>`, html`<i>`];
  t.deepEqual(new Room(6).fit([one, two]), { shown: [one, two], isAll: true });
  t.deepEqual(new Room(6).fit([one, long, two]), { shown: [one], isAll: false });
  t.deepEqual(new Room(0).fit([]), { shown: [], isAll: true });
});
