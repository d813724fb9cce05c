import test from "ava";
import { granted, ownAccounts, productWithout, rights, verbsOf } from "./rights.ts";

/** For each right that the webhook has where admins may save mappings: what they would miss without it. */
const MISSED: Record<string, [what: string, statuses: [saved: number, deleted?: number], refused: string[]]> =
  {
    "patch oktarolemappings": [
      "nothing is saved",
      [403],
      ["create oktarolemappings", "patch oktarolemappings"],
    ],
    "create oktarolemappings": [
      "a role that has no mapping of the page's own yet gets none",
      [403],
      ["create oktarolemappings", "patch oktarolemappings"],
    ],
    "delete oktarolemappings": [
      "the last group of a role can't be taken out",
      [303, 403],
      ["delete oktarolemappings"],
    ],
  };

for (const [right, [what, [saved, deleted], refused]] of Object.entries(MISSED))
  test(`without the webhook's right to ${right}: ${what}, and whoever saves is told so`, async (t) => {
    const { untilServed, saveMapping, taps } = await productWithout(t, "webhook", right, {
      editMappings: true,
    });
    await untilServed();
    t.is(await saveMapping("web"), saved);
    if (deleted !== undefined) t.is(await saveMapping(""), deleted);
    t.deepEqual([...rights(taps.webhook.forbidden)].sort(), refused);
  });

test("of every right that saving takes it is known what would be missed without it", async (t) => {
  const { webhook } = await ownAccounts({ editMappings: true });
  t.deepEqual(Object.keys(MISSED).sort(), [...verbsOf(webhook).difference(await granted("webhook"))].sort());
});
