import type { RequestHandler } from "express";
import type { z } from "zod";
import {
  type Audience,
  type Circumstances,
  explain,
  inWords,
  type Policies,
  type User,
} from "../../../identity/index.ts";
import { splitKey } from "../../../kubernetes/index.ts";
import { circumstancesOf } from "../../../organizations/circumstances.ts";
import {
  type AskedAbout,
  allowedToGet,
  allowedToList,
  askedAbout,
  idAskedAbout,
  NO_SUCH_USER,
  servedOrganization,
} from "../../api/asked-about.ts";
import type { Caller } from "../../api/caller.ts";
import type { Callers } from "../../api/callers.ts";
import { EXPLAIN_PARAMETERS } from "../../api/parameters.ts";
import { queryOf } from "../../api/query.ts";
import { NotThereError, ParameterError } from "../../api/refusals.ts";
import type * as shapes from "../../api/shapes.ts";
import { accountsOf } from "../../console/accounts-of.ts";
import type { Roster } from "../../console/roster.ts";
import { sendJSON } from "../../http/respond.ts";
import type { Organizations } from "../../organizations.ts";

export interface ExplainDeps {
  readonly callers: Pick<Callers, "of">;
  readonly organizations: Pick<Organizations, "served">;
  readonly policies: Pick<Policies, "of">;
  readonly roster: Pick<Roster, "all" | "find">;
}

type Answer = z.infer<typeof shapes.Explanations>;

/** Whom a question is about: an account, those of an address, or whoever asks. */
type Whom =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "email"; readonly email: string }
  | { readonly kind: "asking"; readonly user: User };

/** GET .../explain - why somebody holds a role, or what is missing. */
export function explanations({ callers, organizations, policies, roster }: ExplainDeps): RequestHandler {
  return async (req, res) => {
    const caller = callers.of(req);
    const asked = askedAbout(req);
    const { role, email, user: id } = queryOf(req, EXPLAIN_PARAMETERS);
    const whom = whomAskedAbout(caller, { email, id });
    await allowedToExplain(caller, asked, whom);
    const organization = servedOrganization(organizations, asked);
    const users = await accounts(whom, asked, caller, roster);
    const circumstances = circumstancesOf(organization, policies);
    const to = {
      audience: isOnlyForThemselves(caller) ? "self" : "admin",
      organization: organization.spec.displayName,
      role,
    } as const;
    const nobody = users.length === 0 ? [undefined] : users;
    const answer: Answer = {
      organization: `${asked.namespace}/${asked.name}`,
      explanations: nobody.map((user) => explanationOf(user, circumstances, to)),
    };
    sendJSON(res, 200, answer);
  };
}

function whomAskedAbout(
  caller: Caller,
  { email, id }: { email: string | undefined; id: string | undefined },
): Whom {
  if (email !== undefined && id !== undefined)
    throw new ParameterError("user", "Either email or user says whom it is about, not both.");
  if (id !== undefined) return { kind: "id", id: idAskedAbout(id) };
  if (email !== undefined) return { kind: "email", email };
  if (caller.kind === "session") return { kind: "asking", user: caller.visitor.user };
  throw new ParameterError("email", "Say whom it is about: by email, or by user, the id of an account.");
}

function isOnlyForThemselves(caller: Caller): boolean {
  return caller.kind === "session" && !caller.visitor.isAdmin;
}

/** @throws NotAllowedError the same for everybody else, whether they are there or not */
async function allowedToExplain(caller: Caller, asked: AskedAbout, whom: Whom): Promise<void> {
  if (whom.kind === "asking") return;
  if (caller.kind === "session") {
    const { user } = caller.visitor;
    const isThemselves =
      whom.kind === "id"
        ? whom.id === splitKey(user.ref).name
        : whom.email.toLowerCase() === user.email?.toLowerCase();
    if (isThemselves) return;
  }
  if (whom.kind === "id") await allowedToGet(caller, asked, whom.id);
  else await allowedToList(caller, asked);
}

async function accounts(
  whom: Whom,
  { namespace, name }: AskedAbout,
  caller: Caller,
  roster: ExplainDeps["roster"],
): Promise<readonly User[]> {
  // Whoever may read themselves alone isn't shown another account of the same address.
  if (caller.kind === "session" && isOnlyForThemselves(caller)) return [caller.visitor.user];
  if (whom.kind === "asking") return [whom.user];
  if (whom.kind === "email") return accountsOf(whom.email, `${namespace}/${name}`, caller.name, roster);
  const user = await roster.find(`${namespace}/${name}`, whom.id);
  if (!user) throw new NotThereError("user-not-found", NO_SUCH_USER);
  return [user];
}

function explanationOf(
  user: User | undefined,
  circumstances: Circumstances,
  { role, audience, organization }: { role: string | undefined; audience: Audience; organization: string },
): Answer["explanations"][number] {
  const explanation = explain({ user }, circumstances, role === undefined ? undefined : [role]);
  const { account, received } = explanation;
  return {
    ...(user === undefined ? {} : { user: whoIs(user) }),
    account,
    ...(received === undefined ? {} : { received: { ...received, groups: [...received.groups] } }),
    roles: inWords(explanation, { audience, organization }).map(({ role, reasons, ...rest }) => ({
      name: role,
      ...rest,
      reasons: [...reasons],
    })),
  };
}

function whoIs({ ref, email, name }: User): NonNullable<Answer["explanations"][number]["user"]> {
  return {
    id: splitKey(ref).name,
    ...(email === undefined ? {} : { email }),
    ...(name === undefined ? {} : { name }),
  };
}
