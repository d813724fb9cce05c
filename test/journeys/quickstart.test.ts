import test from "ava";
import { type Environment, startEnvironment } from "../../dev/quickstart/environment.ts";
import { Journey, STEPS } from "../../dev/quickstart/journey.ts";

/** A control plane of its own: it is killed in the end. */
let environment: Environment;

test.before(async () => {
  environment = await startEnvironment({ namespace: "acme", ports: { webhook: 0, okta: 0 }, step: () => {} });
});
test.after.always(() => environment?.stop());

test.serial("every step of the journey holds, in order", async (t) => {
  t.timeout(300_000);
  const journey = new Journey(environment);
  for (const { title, run } of STEPS) await t.notThrowsAsync(run(journey), title);
});
