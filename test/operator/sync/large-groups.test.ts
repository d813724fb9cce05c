import test from "ava";
import { LargeGroups } from "../../../operator/sync/large-groups.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";

const clock = fakeClock(test);
const group = (id: string, name?: string) => ({ id, byID: false, ...(name === undefined ? {} : { name }) });

test.serial("groups that are too large are due every ten minutes, until they aren't any more", async (t) => {
  const large = new LargeGroups();
  t.deepEqual([large.due(), large.dueMs(), large.error], [[], Number.POSITIVE_INFINITY, undefined]);
  const [web, portal] = [group("00g1", "web"), group("00g2")];
  large.read([web, portal], [web]);
  await clock.pass(60_000);
  large.read([portal], [portal]);
  t.deepEqual([large.due(), large.dueMs()], [[], 540_000]);
  t.regex(large.error?.message ?? "", /^"web", "00g2" can't be read, since there is no memory/);
  await clock.pass(539_999);
  t.deepEqual([large.due(), large.dueMs(), [...large.waiting()]], [[], 1, ["00g1", "00g2"]]);
  await clock.pass(1);
  t.deepEqual([...large.waiting()], ["00g2"]);
  t.deepEqual([large.due(), large.dueMs()], [["00g1"], 0]);
  large.read([web], []);
  t.deepEqual([large.due(), large.dueMs()], [[], 60_000]);
  t.regex(large.error?.message ?? "", /^"00g2" can't/);
  large.keep(new Map([["00g1", web]]));
  t.is(large.error, undefined);
});

test("of many that are too large ten are named", (t) => {
  const large = new LargeGroups();
  const many = Array.from({ length: 12 }, (_, i) => group(`00g${i}`));
  large.read(many, many);
  t.regex(large.error?.message ?? "", /^"00g0", .*"00g9" and 2 more can't be read/);
});
