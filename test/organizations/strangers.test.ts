import test from "ava";
import type { Logger } from "pino";
import type { Organization } from "../../crds/types.ts";
import type { User, UserEvent } from "../../identity/index.ts";
import type { PersonHint } from "../../okta/events/hint.ts";
import type { Heard } from "../../organizations/hints.ts";
import { Strangers } from "../../organizations/strangers.ts";
import { account } from "../identity/an-account.ts";
import { organization } from "./organization.ts";

const directory = { url: "https://acme.okta.com" } as never;
const left = (id: string, ...groups: string[]): PersonHint => ({
  kind: "person",
  id,
  eventTime: "2026-11-26T08:00:00.000Z",
  left: groups,
});

/** What is noted of strangers who get accounts, on a clock of the test's own. */
function scene({ hasDirectory = true, fails = false } = {}) {
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
        if (fails) throw new Error("it can't be written");
        noted.push([name, heard]);
      },
    },
    log: { warn: (_: object, message: string) => void logged.push(message) } as unknown as Logger,
    now: () => state.now,
  });
  const tell = (kind: UserEvent["kind"], changes: Partial<User>): void => {
    for (const listener of listeners) listener({ kind, user: account(changes) });
  };
  return { strangers, noted, logged, state, tell, organizations };
}

test("of whom something was heard just before they got an account, it is noted then, once", (t) => {
  const { strangers, noted, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  strangers.remember("acme/acme", left("00uEve", "00g2"));
  tell("updated", { subject: "00uEve" });
  tell("added", { subject: "00uAda" });
  tell("added", { subject: "00uEve", organization: "acme/beta" });
  t.deepEqual(noted, [], "somebody else, or elsewhere");
  tell("added", { subject: "00uEve" });
  t.is(noted.length, 1);
  t.like(noted[0], { 0: "acme", 1: { hints: { 0: { id: "00uEve", left: ["00g1", "00g2"] }, length: 1 } } });
  tell("added", { subject: "00uEve" });
  t.is(noted.length, 1);
});

test("after two minutes a sign-in is by what is so since then", (t) => {
  const { strangers, noted, state, tell } = scene();
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  state.now = 119_999;
  strangers.remember("acme/acme", left("00uBob", "00g1"));
  state.now = 120_000;
  tell("added", { subject: "00uEve" });
  t.deepEqual(noted, []);
  strangers.remember("acme/acme", left("00uEve", "00g2"));
  tell("added", { subject: "00uEve" });
  tell("added", { subject: "00uBob" });
  t.like(noted[0]?.[1].hints?.[0], { id: "00uEve", left: ["00g2"] });
  t.is(noted.length, 2);
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

test("what can't be noted is told", async (t) => {
  const { strangers, logged, tell } = scene({ fails: true });
  strangers.remember("acme/acme", left("00uEve", "00g1"));
  tell("added", { subject: "00uEve" });
  await new Promise((resolve) => setImmediate(resolve));
  t.regex(logged.join(), /^It could not be noted that somebody is to be looked at/);
});
