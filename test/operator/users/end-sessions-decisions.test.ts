import test from "ava";
import {
  type AuditRecord,
  type IdentityStore,
  StaleUserError,
  StoreError,
  type User,
  type UserChange,
} from "../../../identity/index.ts";
import { endSessions, isAskedToEnd } from "../../../operator/users/end-sessions.ts";
import { ADA } from "../ada.ts";

const asked: User = { ...ADA, endRequest: "stolen laptop" };
const { endRequest: _, ...ended } = { ...asked, version: "2", sessionEpoch: 1 };

/** One reconcile of somebody, where a write comes to this. @param stored what is stored where another was faster */
async function run(user: User | undefined, write: () => Promise<User>, stored?: User | Error) {
  const records: AuditRecord[] = [];
  const changes: UserChange[] = [];
  const store: Pick<IdentityStore, "read" | "fresh" | "update"> = {
    read: async () => user,
    fresh: async () => {
      if (stored instanceof Error) throw stored;
      return stored;
    },
    update: (_, change) => {
      changes.push(change);
      return write();
    },
  };
  const audit = { write: (written: readonly AuditRecord[]) => void records.push(...written) };
  let error: unknown;
  let kind: string | undefined;
  try {
    kind = (await endSessions(ADA.ref, { store, audit })).kind;
  } catch (reason) {
    error = reason;
  }
  return { error, kind, changes, records, actions: records.map(({ action }) => action) };
}

const writes = async () => ended;
const loses = (error: Error) => () => Promise.reject(error);

test("sessions end by the words of whoever asked for it, which are recorded; nobody else's do", async (t) => {
  const done = await run(asked, writes);
  t.like(done, { kind: "done", changes: [{ endSessions: "stolen laptop" }], actions: ["end-sessions"] });
  t.regex(
    done.records[0]?.cause.detail ?? "",
    /^Somebody has asked for it on the cluster: "stolen laptop"\.$/,
  );
  const { access: __, ...never } = asked;
  for (const nobody of [undefined, ADA, never])
    t.like(await run(nobody, writes), { kind: "done", changes: [], actions: [] });
  t.deepEqual([asked, ADA, never].map(isAskedToEnd), [true, false, false]);
});

test("when the answer of the write is lost, it is recorded all the same; when another came first, it is done again", async (t) => {
  const lost = new StoreError("no answer", { perhaps: { before: asked, after: ended } });
  const unanswered = await run(asked, loses(lost));
  t.is(unanswered.error, lost);
  t.deepEqual(unanswered.actions, ["end-sessions"]);
  t.regex(unanswered.records[0]?.cause.detail ?? "", /"stolen laptop".*this may not be so/);
  const down = new StoreError("down");
  t.like(await run(asked, loses(down)), { error: down, actions: [] });

  const stale = loses(new StaleUserError("changed"));
  t.like(await run(asked, stale, ended), { kind: "done", actions: ["end-sessions"] });
  t.like(await run(asked, stale, { ...asked, version: "2" }), { kind: "again", actions: [] });
  t.like(await run(asked, stale, undefined), { kind: "done", actions: [] });

  const ours = loses(new StaleUserError("ours?", { perhaps: { before: asked, after: ended } }));
  for (const stored of [down, { ...asked, version: "3" }, undefined]) {
    const { actions, records } = await run(asked, ours, stored);
    t.deepEqual(actions, ["end-sessions"]);
    t.regex(records[0]?.cause.detail ?? "", /"stolen laptop".*this may not be so/);
  }
});
