import test from "ava";
import type { Request } from "express";
import {
  type AskedAbout,
  allowedToGet,
  allowedToList,
  askedAbout,
  idAskedAbout,
  NO_SUCH_USER,
  servedOrganization,
} from "../../../webhook/api/asked-about.ts";
import type { Caller } from "../../../webhook/api/caller.ts";
import { NotAllowedError, NotThereError } from "../../../webhook/api/refusals.ts";
import { organization } from "../../organizations/organization.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { serviceAccount } from "./a-service-account.ts";

const ACME: AskedAbout = { namespace: "team", name: "acme" };

function reads(params: Record<string, unknown>): AskedAbout | undefined {
  try {
    return askedAbout({ params } as unknown as Request);
  } catch (error) {
    if (error instanceof NotThereError && error.code === "not-found") return undefined;
    throw error;
  }
}

test("what can be the name of an object is asked about, and nothing else", (t) => {
  for (const name of ["a", "0", "acme", "a-b.c", "acme-4x", "a".repeat(253)]) {
    t.deepEqual(reads({ namespace: name, name: "acme" }), { namespace: name, name: "acme" });
    t.deepEqual(reads({ namespace: "team", name }), { namespace: "team", name });
    t.is(idAskedAbout(name), name);
  }
  for (const name of [
    "",
    "A",
    "-a",
    "a-",
    ".a",
    "a.",
    "a/b",
    "a b",
    "a\n",
    "é",
    "a".repeat(254),
    undefined,
    1,
  ]) {
    t.is(reads({ namespace: name, name: "acme" }), undefined, `${name}`);
    t.is(reads({ namespace: "team", name }), undefined, `${name}`);
    const error = t.throws(() => idAskedAbout(name), { instanceOf: NotThereError, message: NO_SUCH_USER });
    t.like(error, { code: "user-not-found", status: 404 });
  }
});

/** A program, and what it may read. */
const program = (rights: readonly string[]) =>
  serviceAccount(undefined, {
    mayList: async (namespace) => rights.includes(`list ${namespace}`),
    mayGet: async (namespace, name) => rights.includes(`get ${namespace}/${name}`),
  });

/** Whether somebody is let go on; else what they are told. */
async function told(asking: Promise<void>): Promise<string | undefined> {
  try {
    await asking;
    return undefined;
  } catch (error) {
    if (error instanceof NotAllowedError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

test("a program reads what the cluster lets its service account read, and is told which right it has not", async (t) => {
  t.is(await told(allowedToList(program(["list team"]), ACME)), undefined);
  t.is(await told(allowedToGet(program(["get team/ada"]), ACME, "ada")), undefined);
  const missing = /^right-missing: The service account team\/reports may not /;
  for (const rights of [[], ["list other"], ["get team/acme"]]) {
    const said = (await told(allowedToList(program(rights), ACME))) ?? "";
    t.regex(said, missing);
    t.regex(said, /may not list organizationusers\.rolemapping\.dev in the namespace team\./);
  }
  for (const rights of [[], ["list team"], ["get team/ben"], ["get other/ada"]]) {
    const said = (await told(allowedToGet(program(rights), ACME, "ada"))) ?? "";
    t.regex(said, missing);
    t.regex(said, /may not get organizationusers\.rolemapping\.dev ada in the namespace team\./);
  }
});

test("of people, administrators of the organization read its users", async (t) => {
  const person = (isAdmin: boolean): Caller => {
    const visitor = { ...visitorOfAcme([]), isAdmin };
    return { kind: "session", name: "user team/ada", visitor };
  };
  t.is(await told(allowedToList(person(true), ACME)), undefined);
  t.is(await told(allowedToGet(person(true), ACME, "ben")), undefined);
  t.regex((await told(allowedToList(person(false), ACME))) ?? "", /^not-an-administrator: .*\.\.\.\/me/);
  t.regex((await told(allowedToGet(person(false), ACME, "ada"))) ?? "", /^not-an-administrator: /);
});

test("an organization that isn't served is told of as one that there isn't", (t) => {
  const acme = organization("team/acme", "acme");
  const served = (namespace: string, name: string) =>
    namespace === "team" && name === "acme" ? acme : undefined;
  t.is(servedOrganization({ served }, ACME), acme);
  const error = t.throws(() => servedOrganization({ served }, { ...ACME, name: "beta" }), {
    instanceOf: NotThereError,
    message: /no Organization beta in the namespace team, or this service doesn't watch/,
  });
  t.like(error, { code: "organization-not-found", status: 404 });
});
