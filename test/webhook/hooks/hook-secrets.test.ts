import { randomUUID } from "node:crypto";
import test from "ava";
import { apiError } from "../../../kubernetes/client/errors.ts";
import { SecretNotFoundError, SecretUnreadableError } from "../../../organizations/secret-values.ts";
import { HookSecrets } from "../../../webhook/hooks/hook-secrets.ts";
import { clusterOfFile } from "../../cluster-of-file.ts";
import { organization } from "../../organizations/organization.ts";
import { SecretsUnderTest } from "../../organizations/secrets-under-test.ts";

const shared = clusterOfFile(test);

/** An event hook's secret, and the one before it in a Secret of its own, both of this test's own. */
async function scene() {
  const { namespace } = shared().cluster;
  const [acme, beta] = [organization(`${namespace}/acme`, "acme"), organization(`${namespace}/beta`, "beta")];
  const secrets = new SecretsUnderTest(shared());
  const name = `hook-${randomUUID()}`;
  const write = (secret: string) => secrets.write(name, { secret });
  await write("n");
  await secrets.write(`${name}-before`, { secret: "o" });
  const clock = { now: 0 };
  const hooks = new HookSecrets(secrets.values, () => clock.now);
  const one = { secretRef: { name, key: "secret" } };
  const two = { ...one, previousSecretRef: { name: `${name}-before`, key: "secret" } };
  return { acme, beta, secrets, write, clock, hooks, one, two };
}

test("Okta's secret is accepted, and during a rotation the one before it", async (t) => {
  const { acme, hooks, secrets, one, two } = await scene();
  t.true(await hooks.accept(acme, one, "n"));
  t.is(secrets.reads, 1, "what is right needs no second look");
  t.true(await hooks.accept(acme, two, "n"));
  t.true(await hooks.accept(acme, two, "o"));
  t.false(await hooks.accept(acme, one, "o"));
  for (const wrong of ["x", "", undefined]) t.false(await hooks.accept(acme, two, wrong), wrong);
});

test("a secret that was replaced a moment ago counts as it is now; who guesses makes it read every five seconds at most", async (t) => {
  const { acme, beta, hooks, secrets, write, clock, one } = await scene();
  t.true(await hooks.accept(acme, one, "n"));
  await write("newer");
  t.true(await hooks.accept(acme, one, "newer"));
  t.is(secrets.reads, 2);
  clock.now += 4_999;
  for (let i = 0; i < 3; i++) t.false(await hooks.accept(acme, one, `guess ${i}`));
  t.is(secrets.reads, 2);
  await write("newest");
  t.false(await hooks.accept(acme, one, "newest"));
  clock.now += 1;
  t.true(await hooks.accept(acme, one, "newest"));
  await write("last");
  t.true(await hooks.accept(beta, one, "last"), "another organization's guesses are another matter");
});

test("a previous secret that is gone already is none; one that can't be read is a failure, as the present one is", async (t) => {
  const { acme, hooks, secrets, one, two } = await scene();
  const gone = { ...one, previousSecretRef: { name: "gone", key: "secret" } };
  t.true(await hooks.accept(acme, gone, "n"));
  t.false(await hooks.accept(acme, gone, ""));
  secrets.client.fail("get", apiError("GET /x", 500, {}));
  await t.throwsAsync(hooks.accept(acme, two, "n"), { instanceOf: SecretUnreadableError });
  const missing = { secretRef: { name: "gone", key: "secret" } };
  await t.throwsAsync(hooks.accept(acme, missing, "n"), { instanceOf: SecretNotFoundError });
});
