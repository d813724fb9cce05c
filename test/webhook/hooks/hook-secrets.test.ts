import { randomUUID } from "node:crypto";
import test from "ava";
import { apiError } from "../../../kubernetes/client/errors.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  SecretUnreadableError,
} from "../../../organizations/secret-values.ts";
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

test("a previous secret that is gone already is none; a present one that can't be read is a failure", async (t) => {
  const { acme, hooks, secrets, one, clock } = await scene();
  const gone = { ...one, previousSecretRef: { name: "gone", key: "secret" } };
  t.true(await hooks.accept(acme, gone, "n"));
  t.false(await hooks.accept(acme, gone, ""));
  const missing = { secretRef: { name: "gone", key: "other" } };
  await t.throwsAsync(hooks.accept(acme, missing, "n"), { instanceOf: SecretNotFoundError });
  clock.now += 5_000;
  secrets.client.fail("get", apiError("GET /x", 500, {}));
  await t.throwsAsync(hooks.accept(acme, one, "guess"), { instanceOf: SecretUnreadableError });
});

test("a previous secret that can't be read isn't missed by who sends the present one, also one that is new", async (t) => {
  const { acme, hooks, secrets, write, one, clock } = await scene();
  const name = `kept-${randomUUID()}`;
  await secrets.write(name, { secret: "o" }, { type: "helm.sh/release.v1" });
  const two = { ...one, previousSecretRef: { name, key: "secret" } };
  t.true(await hooks.accept(acme, two, "n"));
  await write("newer");
  t.true(await hooks.accept(acme, two, "newer"));
  // What it was nobody can say, so that nobody is told that they are wrong.
  for (const ms of [0, 4_999, 5_000]) {
    clock.now += ms;
    await t.throwsAsync(hooks.accept(acme, two, "o"), { instanceOf: SecretForbiddenError });
  }
});

test("what couldn't be read is asked for once in a second, however many call", async (t) => {
  const { acme, hooks, secrets, clock } = await scene();
  const name = `late-${randomUUID()}`;
  const late = { secretRef: { name, key: "secret" } };
  for (let i = 0; i < 20; i++)
    await t.throwsAsync(hooks.accept(acme, late, `guess ${i}`), { instanceOf: SecretNotFoundError });
  t.is(secrets.reads, 1);
  await secrets.write(name, { secret: "n" });
  clock.now += 999;
  await t.throwsAsync(hooks.accept(acme, late, "n"), { instanceOf: SecretNotFoundError });
  t.is(secrets.reads, 1);
  clock.now += 1;
  t.true(await hooks.accept(acme, late, "n"));
});

test("what one namespace doesn't have, another's Secret of that name isn't missing for", async (t) => {
  const { acme, hooks, one } = await scene();
  const elsewhere = organization(`without-${randomUUID()}/acme`, "elsewhere");
  await t.throwsAsync(hooks.accept(elsewhere, one, "n"), { instanceOf: SecretNotFoundError });
  t.true(await hooks.accept(acme, one, "n"));
});

test("a guess that can't be looked into keeps Okta's secret from nobody", async (t) => {
  const { acme, hooks, secrets, one } = await scene();
  t.true(await hooks.accept(acme, one, "n"));
  secrets.client.fail("get", apiError("GET /x", 500, {}));
  await t.throwsAsync(hooks.accept(acme, one, "guess"), { instanceOf: SecretUnreadableError });
  t.true(await hooks.accept(acme, one, "n"));
});
