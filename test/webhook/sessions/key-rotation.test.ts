import test from "ava";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { keyInUse, published, rotated, usualTimes } from "../../../webhook/sessions/key-rotation.ts";
import {
  formatKeys,
  mendedKeys,
  newKey,
  parseKeys,
  type StoredKey,
} from "../../../webhook/sessions/stored-keys.ts";

const DAY_MS = 24 * 3_600_000;
const times = { rotateAfterMs: 1_000, settleMs: 10, longestUseMs: 5_000 };
const madeAt = (...moments: number[]): StoredKey[] => moments.map(newKey);
const moments = (keys: readonly StoredKey[] | undefined) => keys?.map(({ createdAt }) => createdAt);

test("a key is followed by a new one when it has come to its age, and not before", (t) => {
  t.is(rotated(madeAt(100), 1_099, times), undefined);
  t.deepEqual(moments(rotated(madeAt(100), 1_100, times)), [100, 1_100]);
  t.deepEqual(moments(rotated([], 7, times)), [7], "where there is none, it is time");
  t.is(rotated(madeAt(0, 1_000), 1_999, times), undefined, "the newest counts");
});

test("a key goes when nothing can depend on it any more: when its successor is settled for as long as a session lasts", (t) => {
  t.deepEqual(moments(rotated(madeAt(0, 1_000), 6_009, times)), [0, 1_000, 6_009]);
  t.deepEqual(moments(rotated(madeAt(0, 1_000), 6_010, times)), [1_000, 6_010]);
  t.deepEqual(
    moments(rotated(madeAt(0, 1_000, 2_000), 100_000, times)),
    [2_000, 100_000],
    "the newest stays",
  );
});

test("the newest key that every replica knows is used; where none is settled, the oldest", (t) => {
  const [a, b] = madeAt(100, 200);
  if (!a || !b) return t.fail();
  t.is(keyInUse([a, b], 209, times), a);
  t.is(keyInUse([a, b], 210, times), b);
  t.is(keyInUse([a, b], 100, times), a);
  const ring = new KeyRing([a, b], 10);
  t.is(ring.current(209).id, a.id);
  t.is(ring.current(210).id, b.id);
  t.is(ring.find(b.id)?.id, b.id);
  t.is(ring.find("unknown"), undefined);
});

test("assertions are signed by a key that applications have had time to read, and the one before is still published", (t) => {
  const minutes = 60_000;
  const [a, b, c] = madeAt(0, 100 * minutes, 200 * minutes);
  if (!a || !b || !c) return t.fail();
  const at = (now: number) => {
    const { current, published: all } = published([a, b, c], now);
    return [current, ...all].map(({ createdAt }) => createdAt / minutes);
  };
  t.deepEqual(at(115 * minutes - 1), [0, 0, 100, 200]);
  t.deepEqual(at(115 * minutes), [100, 0, 100, 200]);
  t.deepEqual(at(215 * minutes), [200, 100, 200]);
});

test("usually keys rotate daily and count for a week after", (t) => {
  t.deepEqual(usualTimes(30_000), { rotateAfterMs: DAY_MS, settleMs: 60_000, longestUseMs: 7 * DAY_MS });
});

test("what stands in the Secret is read as it was written, oldest first; what can't be keys isn't read", (t) => {
  const [old, young] = madeAt(1, 2);
  if (!old || !young) return t.fail();
  t.deepEqual(parseKeys(formatKeys([young, old])), { keys: [old, young], broken: [] });
  for (const text of ["", " ", "[]"]) t.deepEqual(parseKeys(text), { keys: [], broken: [] }, text);
  for (const text of ["{", "{}", "null", formatKeys([old]).slice(1)])
    t.deepEqual(parseKeys(text), { keys: [], broken: "all" }, text);
  for (const text of [
    '["x"]',
    "[null]",
    '[{"id":"x"}]',
    formatKeys([{ ...old, id: "short" }]),
    formatKeys([{ ...old, id: "l".repeat(33) }]),
    formatKeys([{ ...old, id: `${old.id}.` }]),
    formatKeys([{ ...old, id: `.${old.id}` }]),
    formatKeys([{ ...old, key: old.key.slice(1) }]),
    formatKeys([{ ...old, key: `${old.key}A` }]),
    formatKeys([{ ...old, key: `${old.key.slice(1)}.` }]),
    formatKeys([{ ...old, createdAt: 0 }]),
  ]) {
    const { keys, broken } = parseKeys(text);
    t.deepEqual([keys, broken.length], [[], 1], text);
  }
  for (const id of ["l".repeat(32), "eight-8_"])
    t.is(parseKeys(formatKeys([{ ...old, id }])).keys[0]?.id, id);
});

test("an entry that can't be read costs no other, and is put back as it was by who knows it", (t) => {
  const [old, young, third] = madeAt(1, 2, 3);
  if (!old || !young || !third) return t.fail();
  const damaged = parseKeys(JSON.stringify([{ ...young, createdAt: "2" }, third, { key: "x" }]));
  t.deepEqual(damaged, { keys: [third], broken: [young.id, ""] });
  t.deepEqual(mendedKeys(damaged, []), [third]);
  t.deepEqual(mendedKeys(damaged, [old, young, third]), [young, third], "what isn't there was taken out");
  const twice = parseKeys(JSON.stringify([{ ...young, key: "" }, young]));
  t.deepEqual(mendedKeys(twice, [young]), [young]);
  t.deepEqual(mendedKeys(parseKeys("{"), [old, young]), [old, young]);
  t.deepEqual(mendedKeys(parseKeys("[]"), [old, young]), []);
});
