import { z } from "zod";
import { toTheSecond } from "../directory/clock.ts";
import type { User } from "../directory/entities.ts";
import { FilterSyntaxError, parseFilter } from "../directory/filter-expression.ts";
import { errors } from "../directory/okta-error.ts";
import { changeStatus, lifecycleOperations, setStatus } from "../directory/user-lifecycle.ts";
import { cursor, limit, parseBody, parseQuery, position, sendList } from "./list-answer.ts";
import { groupJson, userJson } from "./representations.ts";
import type { ManagementContext, Route } from "./route.ts";

const filterAttributes = [
  "status",
  "lastUpdated",
  "id",
  "profile.login",
  "profile.email",
  "profile.firstName",
  "profile.lastName",
];

const flag = (usual: "true" | "false") =>
  z
    .enum(["true", "false"])
    .default(usual)
    .transform((value) => value === "true");

const listQuery = z.object({
  q: z.string().optional(),
  search: z.string().optional(),
  filter: z.string().optional(),
  after: z.string().optional(),
  limit: limit(200),
});
const credentials = z
  .looseObject({ password: z.looseObject({ value: z.string().optional() }).optional() })
  .optional();
const newProfile = z.looseObject({
  login: z.string().min(5).max(100),
  email: z.string().min(5).max(100),
  firstName: z.string().max(50).nullish(),
  lastName: z.string().max(50).nullish(),
});
const createBody = z.object({
  profile: newProfile,
  credentials,
  groupIds: z.array(z.string()).max(20).default([]),
});
const updateBody = z.object({ profile: newProfile.partial().optional(), credentials });

/** Okta's Users API, and the lifecycle operations. */
export function usersRoutes({ directory, base, isShown, faults }: ManagementContext): Route[] {
  return [
    {
      method: "get",
      path: "/users",
      scope: "okta.users.read",
      handle: (request, response) => {
        const query = parseQuery(listQuery, request);
        const { rows, next } = directory.reads.users.page(position(query.after), query.limit, matcher(query));
        const items = rows.map((user) => userJson(user, base));
        sendList(request, response, items, next === undefined ? undefined : cursor(next), { base, faults });
      },
    },
    {
      method: "post",
      path: "/users",
      scope: "okta.users.manage",
      handle: (request, response, { party }) => {
        const { activate } = parseQuery(z.object({ activate: flag("true") }), request);
        const { profile, credentials, groupIds } = parseBody(createBody, request);
        const password = credentials?.password?.value;
        for (const id of groupIds)
          if (!directory.groups.has(id))
            throw errors.validation("groupIds", `groupIds: there is no group ${id}`);
        const { login, email, ...others } = profile;
        const user = directory.addUser(
          {
            login,
            email,
            profile: others,
            groups: groupIds,
            status: activate ? (password === undefined ? "PROVISIONED" : "ACTIVE") : "STAGED",
            ...(password === undefined ? {} : { password }),
          },
          party,
        );
        response.json(userJson(user, base, { single: true }));
      },
    },
    {
      method: "get",
      path: "/users/:id",
      scope: "okta.users.read",
      handle: (request, response) =>
        void response.json(userJson(directory.reads.user(String(request.params.id)), base, { single: true })),
    },
    {
      method: "post",
      path: "/users/:id",
      scope: "okta.users.manage",
      handle: (request, response, { party }) => {
        const user = named(request.params.id);
        const { profile, credentials } = parseBody(updateBody, request);
        if (profile && user.status === "DEPROVISIONED") throw errors.wrongStatus();
        if (profile) directory.updateProfile(user.id, definedOf(profile), party);
        if (credentials?.password?.value !== undefined) setPassword(user, credentials.password.value);
        response.json(userJson(user, base, { single: true }));
      },
    },
    {
      method: "delete",
      path: "/users/:id",
      scope: "okta.users.manage",
      handle: (request, response, { party }) => {
        // The first time it deactivates, the second time it deletes (Okta: "Delete a user").
        const user = named(request.params.id);
        if (user.status === "DEPROVISIONED") directory.deleteUser(user.id, party);
        else changeStatus(directory, user, "deactivate", party);
        response.status(204).end();
      },
    },
    {
      method: "get",
      path: "/users/:id/groups",
      scope: "okta.users.read",
      handle: (request, response) => {
        const { reads } = directory;
        const groups = reads.groupsOf(reads.user(String(request.params.id)).id).filter(isShown);
        sendList(
          request,
          response,
          groups.map((group) => groupJson(group, base)),
          undefined,
          { base, faults },
        );
      },
    },
    ...lifecycleOperations.map(
      (operation): Route => ({
        method: "post",
        path: `/users/:id/lifecycle/${operation}`,
        scope: "okta.users.manage",
        handle: (request, response, { party }) => {
          const user = named(request.params.id);
          changeStatus(directory, user, operation, party);
          // Okta tells the link to activate by, which stands for one by e-mail.
          if (operation === "activate" || operation === "reactivate") {
            const activationToken = user.id.slice(3);
            response.json({ activationUrl: `${base}/tokens/${activationToken}/verify`, activationToken });
          } else response.status(200).end();
        },
      }),
    ),
  ];

  function named(idOrLogin: unknown): User {
    return directory.user(String(idOrLogin));
  }

  /** A password set by an admin ends waiting for one (Okta: "Update a user", credentials). */
  function setPassword(user: User, password: string): void {
    directory.saveUser({ ...user, password, passwordChanged: toTheSecond(directory.now()) });
    if (["PROVISIONED", "RECOVERY", "PASSWORD_EXPIRED"].includes(user.status))
      setStatus(directory, user, "ACTIVE");
  }
}

/** Without `filter` and `search`, DEPROVISIONED people are left out (Okta: "List all users"). */
function matcher({ q, filter, search }: z.output<typeof listQuery>): (user: User) => boolean {
  try {
    const filtered =
      filter === undefined ? () => true : parseFilter(filter, { attributes: filterAttributes });
    const searched = search === undefined ? () => true : parseFilter(search, { ignoreCase: true });
    const all = filter !== undefined || search !== undefined;
    const start = q?.toLowerCase() ?? "";
    return (user) => {
      const { firstName, lastName, email } = user.profile;
      return (
        (all || user.status !== "DEPROVISIONED") &&
        [firstName, lastName, email].some((value) => (value ?? "").toLowerCase().startsWith(start)) &&
        filtered(user) &&
        searched(user)
      );
    };
  } catch (error) {
    if (error instanceof FilterSyntaxError) throw errors.invalidSearch(error.message);
    throw error;
  }
}

function definedOf<T extends object>(object: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const defined: { [Key in keyof T]?: Exclude<T[Key], undefined> } = {};
  return Object.assign(
    defined,
    Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)),
  );
}
