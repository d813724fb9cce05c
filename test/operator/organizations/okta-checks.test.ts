import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { keyOf } from "../../../kubernetes/index.ts";
import type { Oidc } from "../../../okta/oidc/oidc.ts";
import { OktaChecks } from "../../../operator/organizations/okta-checks.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import type { SecretValues } from "../../../organizations/secret-values.ts";
import { organization } from "../../organizations/organization.ts";

const ACME = organization("access/acme", "acme");

function edited(generation: number, spec: Partial<Organization["spec"]> = {}): Organization {
  return { ...ACME, metadata: { ...ACME.metadata, generation }, spec: { ...ACME.spec, ...spec } };
}

/** An Okta that is down until it is up, and a Secret that may be changed. */
function scene() {
  const state = { now: 0, isDown: true, secret: "one", asked: 0, read: 0 };
  const oidc = {
    discover: async () => {
      state.asked++;
      if (state.isDown) throw new Error("down");
    },
    checkClient: async () => {},
  } as unknown as Oidc;
  const secrets = {
    read: async () => {
      state.read++;
      return state.secret;
    },
  } as unknown as SecretValues;
  let tell = (_: string): void => {};
  const checks = new OktaChecks({
    oidc,
    secrets,
    directories: { of: async () => undefined } as unknown as DirectoryClients,
    answered: (key) => tell(key),
    isAnswering: () => false,
    recovered: () => {},
    signal: new AbortController().signal,
    now: () => state.now,
  });
  /** What is known when everybody has answered who is asked now. @returns ms until it is worth looking again */
  const look = async (of: Organization) => {
    const answered = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const at = checks.look(of, "http://localhost:8080/callback/acme");
    if (at.againMs !== undefined) return at;
    if ((await answered) !== keyOf(of)) throw new Error("another was answered");
    return checks.look(of, "http://localhost:8080/callback/acme");
  };
  /** Lets time pass until Okta has been asked once more. @returns as `look` */
  const untilAsked = async (of: Organization): Promise<number> => {
    for (const { asked } = state; ; ) {
      const { againMs = 0 } = await look(of);
      if (state.asked > asked) return againMs;
      state.now += againMs;
    }
  };
  return { state, look, untilAsked };
}

test("an Okta that doesn't answer is asked ever later, after some minutes at the most", async (t) => {
  const { state, look } = scene();
  const waits: number[] = [];
  let last = 0;
  while (state.asked < 10) {
    const { againMs = 0 } = await look(ACME);
    state.now += againMs;
    if (state.asked > waits.length) {
      waits.push(state.now - last);
      last = state.now;
    }
  }
  t.true((waits[0] ?? 0) <= 10_000, `${waits}`);
  t.true(
    waits.slice(6).every((ms) => ms >= 60_000 && ms <= 300_000),
    `${waits}`,
  );
});

test("an edit and another Secret ask at once", async (t) => {
  const { state, look, untilAsked } = scene();
  for (let i = 0; i < 8; i++) await untilAsked(ACME);
  const asked = state.asked;
  const { againMs: long = 0 } = await look(ACME);
  t.is(state.asked, asked);
  t.true(long > 0, "it isn't asked now");
  await look(edited(2, { displayName: "Acme, Inc." }));
  t.is(state.asked, asked + 1, "whatever was edited");

  // Secrets are read again within a minute, whatever Okta's back-off is.
  for (let i = 0; i < 8; i++) await untilAsked(edited(2));
  const { asked: atLast, now } = state;
  state.secret = "two";
  state.isDown = false;
  while (state.asked === atLast) state.now += (await look(edited(2))).againMs ?? 0;
  t.true(state.now - now <= 120_000, `${state.now - now}`);
  t.is((await look(edited(2))).issuer.kind, "discovered");
});

test("what holds is remembered by what was asked: another edit asks nobody", async (t) => {
  const { state, look } = scene();
  state.isDown = false;
  await look(edited(1));
  t.is((await look(edited(2, { displayName: "Acme, Inc." }))).issuer.kind, "discovered");
  t.is(state.asked, 1);
  await look(edited(3, { okta: { ...ACME.spec.okta, issuer: "https://other.okta.com" } }));
  t.is(state.asked, 2);
});
