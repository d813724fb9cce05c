import test from "ava";
import { Semaphore, SemaphoreTimeoutError } from "../../../okta/directory/semaphore.ts";

test("whoever has waited too long leaves the line, and holds up nobody behind", async (t) => {
  const semaphore = new Semaphore(1);
  const first = Promise.withResolvers<void>();
  const inside = semaphore.run(() => first.promise, 1_000);
  const impatient = semaphore.run(async () => "impatient", 1);
  const patient = semaphore.run(async () => "patient", 60_000);
  await t.throwsAsync(impatient, { instanceOf: SemaphoreTimeoutError });
  first.resolve();
  await inside;
  t.is(await patient, "patient");
  t.is(await semaphore.run(async () => "free again", 1), "free again");
});
