import test from "ava";
import { ACME, askedOkta, edited } from "./asked-okta.ts";

test("an Okta that doesn't answer is asked ever later, after some minutes at the most", async (t) => {
  const { state, look } = askedOkta();
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
    waits.slice(6).every((ms) => ms >= 150_000 && ms <= 300_000),
    `${waits}`,
  );
});

test("an edit and another Secret ask at once", async (t) => {
  const { state, look, untilAsked } = askedOkta();
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
  const { state, look } = askedOkta();
  state.isDown = false;
  await look(edited(1));
  t.is((await look(edited(2, { displayName: "Acme, Inc." }))).issuer.kind, "discovered");
  t.is(state.asked, 1);
  await look(edited(3, { okta: { ...ACME.spec.okta, issuer: "https://other.okta.com" } }));
  t.is(state.asked, 2);
});
