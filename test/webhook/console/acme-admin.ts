import type { ExecutionContext } from "ava";
import type { Answer, Browser } from "../browser.ts";
import {
  object,
  person,
  type ReplicaOptions,
  type UnderTest,
  webhookUnderTest,
} from "../webhook-under-test.ts";

export interface AcmeWithAdmin extends UnderTest {
  /** Olga's, who administers Acme, and is signed in. */
  readonly admin: Browser;
}

/** Acme with Olga, who administers it, and people who do not: Ada and Ben hold a role, Eve none. */
export async function acmeWithAdmin(
  t: ExecutionContext,
  { people = [], ...options }: ReplicaOptions & { people?: ReturnType<typeof person>[] } = {},
): Promise<AcmeWithAdmin> {
  const users = [
    person("olga", ["org_admin"]),
    person("ada", ["service_admin"]),
    person("ben", ["service_admin"]),
    person("eve", ["marketing"]),
    ...people,
  ];
  const groups = [...new Set(users.flatMap((user) => user.groups))];
  const underTest = await webhookUnderTest(t, { okta: { users, groups }, ...options });
  await underTest.applyAcme({
    mappings: {
      services: [["service_admin"], ["service-admin"]],
      organization: [["org_admin"], ["organization-admin"]],
    },
  });
  const cookies = await underTest.signedIn("olga");
  return { ...underTest, admin: underTest.browser(cookies) };
}

/** A local account as people write it. Without an operator it is never decided on. */
export function localAccount(name: string, spec: object = {}): object {
  return object("OrganizationUser", name, {
    organizationRef: { name: "acme" },
    source: "Local",
    email: `${name}@acme.example`,
    ...spec,
  });
}

/** What the rows of the page's first table say, without its heading. */
export function rowsOf({ body }: Answer): string[] {
  const [, rows = ""] = /<tbody>(.*?)<\/tbody>/s.exec(body) ?? [];
  return [...rows.matchAll(/<tr.*?<\/tr>/gs)].map(([row]) => textOf(row));
}

/** The text of some HTML. */
export function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&#39;/g, "'")
    .replace(/&quot;/g, '"')
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}

/** Where the link with this id leads. */
export function linkOf({ body }: Answer, id: string): string | undefined {
  return new RegExp(`<a id="${id}"[^>]* href="([^"]*)"`).exec(body)?.[1]?.replaceAll("&amp;", "&");
}
