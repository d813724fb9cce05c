import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { Directory } from "../../../okta/directory/directory.ts";
import { DirectoryUnauthorizedError } from "../../../okta/directory/directory-errors.ts";
import {
  type OktaCredentials,
  readCredentials,
  sameCredentials,
  toRemember,
} from "../../../operator/organizations/okta-credentials.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import {
  SecretForbiddenError,
  SecretNotFoundError,
  SecretUnreadableError,
  type SecretValues,
} from "../../../organizations/secret-values.ts";
import { organization } from "../../organizations/organization.ts";

const acme: Organization = organization("access/acme", "acme");
const directory = { url: "one" } as unknown as Directory;

/** Reads them where a Secret holds this, or can't be read, and the directory is this, or can't be made. */
function reading(secret: string | Error, found: Directory | Error | undefined, asked: unknown[] = []) {
  const answer = async <T>(what: T | Error): Promise<T> => {
    if (what instanceof Error) throw what;
    return what;
  };
  return readCredentials(acme, {
    secrets: { read: (...question: unknown[]) => asked.push(question) && answer(secret) } as SecretValues,
    directories: {
      of: (...question: unknown[]) => asked.push(question) && answer(found),
    } as DirectoryClients,
  });
}

test("credentials are read anew, and what stands in their way is named", async (t) => {
  const asked: unknown[] = [];
  t.deepEqual(await reading("s3cret", directory, asked), {
    client: { kind: "read", authentication: { kind: "secret", secret: "s3cret" } },
    directory: { kind: "read", directory },
    eventHook: { kind: "none" },
  });
  t.deepEqual(asked, [
    ["access", { name: "s", key: "k" }, { fresh: true }],
    [acme, { fresh: true }],
  ]);
  const problems = [
    new SecretNotFoundError("isn't there"),
    new SecretForbiddenError("may not be sent"),
    new SecretUnreadableError("can't be read"),
  ].map((error) => reading(error, error));
  t.deepEqual(await Promise.all(problems), [
    {
      client: { kind: "missing", message: "isn't there" },
      directory: { kind: "failed", reason: "DirectorySecretMissing", message: "isn't there" },
      eventHook: { kind: "none" },
    },
    {
      client: { kind: "forbidden", message: "may not be sent" },
      directory: { kind: "failed", reason: "SecretForbidden", message: "may not be sent" },
      eventHook: { kind: "none" },
    },
    {
      client: { kind: "unreadable", message: "can't be read" },
      directory: { kind: "unreadable", message: "can't be read" },
      eventHook: { kind: "none" },
    },
  ]);
  t.deepEqual((await reading("s3cret", undefined)).directory, { kind: "none" });
  t.like((await reading("s3cret", new DirectoryUnauthorizedError("no token"))).directory, {
    kind: "failed",
    reason: "DirectoryUnauthorized",
  });
});

test("an event hook's secret has to be there; the one before it may be gone already", async (t) => {
  const refs = {
    secretRef: { name: "hook", key: "present" },
    previousSecretRef: { name: "hook", key: "before" },
  };
  const { okta } = acme.spec;
  const of = async (present: Error | undefined, previous: Error | undefined) => {
    const problems: Record<string, Error | undefined> = { present, before: previous };
    const read = async (_: string, { name, key }: { name: string; key: string }) => {
      if (name === "hook" && problems[key]) throw problems[key];
      return "s3cret";
    };
    const { eventHook } = await readCredentials(
      { ...acme, spec: { ...acme.spec, okta: { ...okta, eventHook: refs } } },
      { secrets: { read } as unknown as SecretValues, directories: { of: async () => undefined } as never },
    );
    return eventHook;
  };
  t.deepEqual(await of(undefined, undefined), { kind: "found" });
  const missing = new SecretNotFoundError("There is no value at the key.");
  t.deepEqual(await of(missing, undefined), { kind: "missing", message: missing.message });
  t.deepEqual(await of(undefined, missing), { kind: "found" });
  t.like(await of(new SecretForbiddenError("x"), missing), { kind: "forbidden" });
  t.like(await of(undefined, new SecretForbiddenError("x")), { kind: "forbidden" });
  t.like(await of(undefined, new SecretUnreadableError("x")), { kind: "unreadable" });
});

test("of a client's secret only a fingerprint is remembered", (t) => {
  const of = (secret: string) =>
    toRemember({
      client: { kind: "read", authentication: { kind: "secret", secret } },
      directory: { kind: "none" },
      eventHook: { kind: "none" },
    });
  const { client } = of("s3cret");
  t.true(typeof client === "string" && client.length === 43);
  t.notRegex(String(client), /s3cret/);
  t.deepEqual(of("s3cret"), of("s3cret"));
  t.notDeepEqual(of("s3cret"), of("other"));
  const missing = {
    client: { kind: "missing", message: "" },
    directory: { kind: "none" },
    eventHook: { kind: "none" },
  } as const;
  t.deepEqual(toRemember(missing), missing);
});

test("credentials are the same while the client's are, and the directory is the same object or fails as before", (t) => {
  const of = (client: string, found: OktaCredentials["directory"]) => ({ client, directory: found });
  const read = { kind: "read", directory } as const;
  const alike = { kind: "read", directory: { ...directory } as Directory } as const;
  const failed = (message: string) => ({ kind: "failed", reason: "R", message }) as const;
  const same = (one: OktaCredentials["directory"], other: OktaCredentials["directory"]) =>
    sameCredentials(of("a", one), of("a", other));
  t.true(same(read, { ...read }));
  t.false(same(read, alike), "it was made anew, since something has changed");
  t.false(same(read, failed("x")));
  t.false(same(failed("x"), read));
  t.true(same(failed("x"), failed("x")));
  t.false(same(failed("x"), failed("y")));
  t.false(sameCredentials(of("a", read), of("b", read)));
});
