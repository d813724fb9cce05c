import test from "ava";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import type { User, UserEvent } from "../../identity/index.ts";
import { NotLeaderError } from "../../kubernetes/index.ts";
import type { PersonHint } from "../../okta/events/hint.ts";
import type { Heard } from "../../organizations/hints.ts";
import { Strangers } from "../../organizations/strangers.ts";
import { account } from "../identity/an-account.ts";
import { until } from "../kubernetes/until.ts";
import { organization } from "./organization.ts";

const directory = { url: "https://acme.okta.com" } as never;
const TIME = "2026-11-26T08:00:00.000Z";
const left = (id: string, ...groups: string[]): PersonHint => ({
  kind: "person",
  id,
  eventTime: TIME,
  left: groups,
});

/** What is noted of strangers who get accounts, on a clock of the test's own. */
function scene({ hasDirectory = true } = {}) {
  const failures: Error[] = [];
  const state = { now: 0 };
  const noted: [name: string, heard: Heard][] = [];
  const logged: string[] = [];
  const listeners: ((event: UserEvent) => void)[] = [];
  const organizations = new Map(
    ["acme/acme", "acme/beta"].map((key): [string, Organization] => {
      const made = organization(key, key);
      const okta = hasDirectory ? { ...made.spec.okta, directory } : made.spec.okta;
      return [key, { ...made, spec: { ...made.spec, okta } }];
    }),
  );
  const strangers = new Strangers({
    store: {
      subscribe: (listener) => {
        listeners.push(listener);
        return () => {};
      },
    },
    organization: (key) => organizations.get(key),
    hints: {
      heard: async ({ metadata: { name } }, heard) => {
        const failure = failures.shift();
        if (failure) throw failure;
        noted.push([name, heard]);
      },
    },
    log: { warn: (_: object, message: string) => void logged.push(message) } as unknown as Logger,
    now: () => state.now,
  });
  const tell = (kind: UserEvent["kind"], changes: Partial<User>, previous?: Partial<User>): void => {
    const before = previous && { previous: account(previous) };
    for (const listener of listeners) listener({ kind, user: account(changes), ...before });
  };
  return { strangers, noted, logged, failures, state, tell, organizations };
}

test("of whom something was taken just before they got an account, it is noted then that they are to be looked at, once", async (t) => {
  const { strangers, noted, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  strangers.remember("acme/acme", { kind: "person", id: "00uOut", eventTime: TIME, active: false });
  tell("updated", { subject: "00uEve" }, { subject: "00uEve" });
  tell("deleted", { subject: "00uEve" });
  tell("added", { subject: "00uAda" });
  tell("added", { subject: "00uEve", organization: "acme/beta" });
  t.deepEqual(noted, [], "somebody else, or elsewhere");
  for (const id of ["00uEve", "00uEve", "00uOut"]) tell("added", { subject: id });
  const look = (id: string) => ["acme", { hints: [{ kind: "person", id, eventTime: TIME }] }];
  t.deepEqual(noted as unknown, [look("00uEve"), look("00uOut")]);
});

test("a local account that becomes somebody's of Okta is theirs from then on", (t) => {
  const { strangers, noted, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  tell("updated", { subject: "00uEve" }, { subject: undefined } as never);
  t.is(noted.length, 1);
});

test("who is given something needn't be looked at for that", (t) => {
  const { strangers, noted, tell } = scene();
  const hint = { kind: "person", id: "00uEve", eventTime: TIME } as const;
  for (const said of [{}, { joined: ["00g1"] }, { left: [] }, { active: true }, { activated: true as const }])
    strangers.remember("acme/acme", { ...hint, ...said });
  tell("added", { subject: "00uEve" });
  t.deepEqual(noted, []);
});

test("after two minutes a sign-in is by what is so since then", (t) => {
  const { strangers, noted, state, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  state.now = 1;
  strangers.remember("acme/acme", left("00uBob", "00g1"));
  state.now = 120_000;
  tell("added", { subject: "00uEve" });
  t.deepEqual(noted, []);
  tell("added", { subject: "00uBob" });
  t.is(noted.length, 1);
});

test("nothing is noted where nobody could look, nor of a local account", (t) => {
  const without = scene({ hasDirectory: false });
  const gone = scene();
  gone.organizations.clear();
  for (const { strangers, noted, tell } of [without, gone]) {
    strangers.remember("acme/acme", left("00uEve", "00g1"));
    tell("added", { subject: "00uEve" });
    tell("added", { subject: undefined } as never);
    t.deepEqual(noted, []);
  }
});

test("what can't be noted is told, and tried again; whoever leads no more leaves it", async (t) => {
  const { strangers, noted, logged, failures, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  failures.push(new Error("the API server is away"));
  tell("added", { subject: "00uEve" });
  await until("it to be noted", () => noted.length === 1);
  t.regex(
    logged.join(),
    /^It could not be noted that somebody is to be looked at[^;]*; it is tried again\.$/,
  );

  strangers.remember("acme/acme", left("00uBob", "00g1"));
  failures.push(new NotLeaderError("another one leads"));
  tell("added", { subject: "00uBob" });
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual([failures.length, noted.length, logged.length], [0, 1, 1]);
});
