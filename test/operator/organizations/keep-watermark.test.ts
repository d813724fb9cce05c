import test from "ava";
import type { DesiredStatus } from "../../../kubernetes/index.ts";
import { keepWatermark } from "../../../operator/organizations/keep-watermark.ts";
import { organization } from "../../organizations/organization.ts";

test("a status keeps how long sessions last, and before which time all have ended; nothing of who is gone", async (t) => {
  const acme = organization("team/acme", "acme", { maxAge: "8h" });
  const keep = async ({ before = 0, isThere = true, writes = true } = {}) => {
    let observed = 0;
    let applied: { status: DesiredStatus; owned: object } | undefined;
    const outcome = await keepWatermark("team/acme", {
      organizations: { get: () => (isThere ? acme : undefined), observe: () => void observed++ },
      watermarks: { of: () => before },
      status: {
        apply: (async (_: unknown, __: unknown, status: DesiredStatus, owned: object) => {
          applied = { status, owned };
          return writes ? acme : undefined;
        }) as never,
      },
    });
    return { kind: outcome.kind, observed, ...applied };
  };
  const owned = { fields: ["sessions"], conditionTypes: [] };
  t.deepEqual(await keep(), { kind: "done", observed: 1, status: { sessions: { maxAge: "8h" } }, owned });
  t.deepEqual(await keep({ before: Date.UTC(2026, 10, 27, 12), writes: false }), {
    kind: "done",
    observed: 0,
    status: { sessions: { maxAge: "8h", endedBefore: "2026-11-27T12:00:00Z" } },
    owned,
  });
  t.deepEqual(await keep({ isThere: false }), { kind: "done", observed: 0 });
});
