import type { User } from "../../identity/index.ts";
import { keyOf } from "../../kubernetes/index.ts";
import { RequestError } from "../http/request-errors.ts";
import type { Roster } from "./roster.ts";
import type { Visitor } from "./visitor.ts";

/**
 * The user whose page an admin looks at, by the name of the account.
 * @throws RequestError where there is none in the visitor's organization: the same whether or not another has one
 */
export async function personAt(
  roster: Pick<Roster, "find">,
  { organization }: Visitor,
  name: unknown,
): Promise<User> {
  const user = typeof name === "string" ? await roster.find(keyOf(organization), name) : undefined;
  if (user) return user;
  throw new RequestError({
    code: "user-not-found",
    status: 404,
    title: "There is no such user here",
    message: `${organization.spec.displayName} has no account of this name. It may have been deleted meanwhile.`,
  });
}
