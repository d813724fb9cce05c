import test from "ava";
import { Turnstile, TurnstileError } from "../../../okta/directory/turnstile.ts";

test("whoever has waited too long leaves the line, and holds up nobody behind", async (t) => {
  const turnstile = new Turnstile(1);
  const first = Promise.withResolvers<void>();
  const inside = turnstile.pass(() => first.promise, 1_000);
  const impatient = turnstile.pass(async () => "impatient", 1);
  const patient = turnstile.pass(async () => "patient", 60_000);
  await t.throwsAsync(impatient, { instanceOf: TurnstileError });
  first.resolve();
  await inside;
  t.is(await patient, "patient");
  t.is(await turnstile.pass(async () => "free again", 1), "free again");
});
