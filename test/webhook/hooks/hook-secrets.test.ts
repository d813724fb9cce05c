import test from "ava";
import { SecretNotFoundError, SecretUnreadableError } from "../../../organizations/secret-values.ts";
import { HookSecrets } from "../../../webhook/hooks/hook-secrets.ts";
import { organization } from "../../organizations/organization.ts";

const acme = organization("team/acme", "acme");
const beta = organization("team/beta", "beta");
const one = { secretRef: { name: "s", key: "new" } };
const two = { ...one, previousSecretRef: { name: "s", key: "old" } };

/** Secrets as they are, and as they were when they were read last. */
function scene(values: Record<string, string>) {
  const now: Record<string, string> = { ...values };
  const remembered: Record<string, string> = { ...values };
  const reads: string[] = [];
  const failing = new Map<string, Error>();
  const secrets = new HookSecrets({
    read: async (namespace, { key }, options) => {
      const fresh = options?.fresh === true;
      reads.push(`${namespace} ${key}${fresh ? " anew" : ""}`);
      const failure = failing.get(key);
      if (failure) throw failure;
      return (fresh ? now : remembered)[key] ?? "";
    },
  });
  return { secrets, now, reads, failing };
}

test("Okta's secret is accepted, and during a rotation the one before it", async (t) => {
  const { secrets, reads } = scene({ new: "n", old: "o" });
  t.true(await secrets.accept(acme, one, "n"));
  t.deepEqual(reads, ["team new"], "what is right needs no second look");
  t.true(await secrets.accept(acme, two, "n"));
  t.true(await secrets.accept(acme, two, "o"));
  t.false(await secrets.accept(acme, one, "o"));
  for (const wrong of ["x", "", undefined]) t.false(await secrets.accept(acme, two, wrong), wrong);
});

test("a secret that was replaced a moment ago counts as it is now; who guesses doesn't make it read at any rate", async (t) => {
  const { secrets, now, reads } = scene({ new: "n" });
  now.new = "newer";
  t.true(await secrets.accept(acme, one, "newer"));
  t.deepEqual(reads, ["team new", "team new anew"]);
  for (let i = 0; i < 3; i++) t.false(await secrets.accept(acme, one, `guess ${i}`));
  t.is(reads.filter((read) => read.endsWith("anew")).length, 1);
  t.true(await secrets.accept(beta, one, "newer"), "another organization's guesses are another matter");
});

test("a previous secret that is gone already is none; one that can't be read is a failure, as the present one is", async (t) => {
  const { secrets, failing } = scene({ new: "n", old: "o" });
  failing.set("old", new SecretNotFoundError("gone"));
  t.true(await secrets.accept(acme, two, "n"));
  t.false(await secrets.accept(acme, two, ""));
  failing.set("old", new SecretUnreadableError("away"));
  await t.throwsAsync(secrets.accept(acme, two, "n"), { instanceOf: SecretUnreadableError });
  failing.set("new", new SecretNotFoundError("gone"));
  await t.throwsAsync(secrets.accept(acme, one, "n"), { instanceOf: SecretNotFoundError });
});
