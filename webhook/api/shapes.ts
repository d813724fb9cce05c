import { z } from "zod";
import { USER_STATES } from "../console/roster-entry.ts";

/**
 * What programs are answered, as they can rely on it: the OpenAPI document is made of this, and so are the types of what
 * makes the answers.
 */
export const shapes = z.registry<{ id: string }>();

/** An answer's part that has a name of its own in the document. */
function named<Shape extends z.ZodType>(id: string, description: string, shape: Shape): Shape {
  const described = shape.describe(description);
  shapes.add(described, { id });
  return described;
}

const time = z.string().meta({ format: "date-time" });

const Role = named(
  "Role",
  "A role that somebody holds.",
  z.object({
    name: z.string().describe("As in the organization's catalogue, and as in a mapping's roles."),
    displayName: z.string().describe("What people call it now."),
    admin: z.boolean().describe("Whether it administers the organization, by the catalogue as it is now."),
  }),
);

const Cause = named(
  "Cause",
  "Why somebody holds a role: a mapping, by one of their groups. A local account's roles have neither.",
  z.object({
    mapping: z.string().optional().describe("The name of the OktaRoleMapping."),
    group: z.string().optional().describe("The name of the group in Okta, or its id where no name is known."),
    groupID: z.string().optional().describe("The group's id in Okta, where it was received."),
  }),
);

const summary = {
  id: z.string().describe("The account: its name in Kubernetes, which never changes. Email and name may."),
  email: z.string().optional(),
  name: z.string().optional(),
  source: z
    .enum(["Okta", "Local"])
    .describe("Okta: follows the mappings. Local: managed by people on the cluster (break-glass)."),
  state: z
    .enum(USER_STATES)
    .describe("Undecided: the account is there, and nothing has been decided about its access yet."),
  since: time.optional().describe("When the account became active, or was deactivated."),
  reason: z.string().optional().describe("Why they have access, or none: a word for programs."),
  message: z.string().optional().describe("The same, as a sentence for people."),
  lastSignIn: time.optional().describe("Absent where they have never signed in."),
};

export const UserSummary = named(
  "UserSummary",
  "A registered user, as in the list.",
  z.object({ ...summary, roles: z.array(Role).describe("Each role once, sorted by name.") }),
);

const Group = named(
  "Group",
  "A group as Okta named it: a groups claim carries names only, the directory both.",
  z.object({ name: z.string().optional(), id: z.string().optional() }),
);

const Grant = named(
  "Grant",
  "A role that came or went, with its cause.",
  z.object({ role: z.string(), mapping: z.string().optional(), group: z.string().optional() }),
);

const Change = named(
  "Change",
  "A change of somebody's access.",
  z.object({
    time,
    what: z
      .array(z.enum(["Deactivated", "Activated", "Linked", "RolesChanged", "CausesChanged", "SessionsEnded"]))
      .describe("What matters most first. CausesChanged: the same roles, held for something else."),
    granted: z.array(Grant),
    revoked: z.array(Grant),
    moreGranted: z.int().min(0).describe("How many came beside those that are named."),
    moreRevoked: z.int().min(0).describe("How many went beside those that are named."),
    reason: z.string().describe("Why: a word for programs."),
    message: z.string().describe("The same, as a sentence for people."),
  }),
);

const SignIn = named(
  "SignIn",
  "A sign-in of somebody who has an account.",
  z.object({ time, outcome: z.enum(["Admitted", "Refused"]), reason: z.string() }),
);

export const Person = named(
  "Person",
  "A registered user, with everything that their roles follow from.",
  z.object({
    ...summary,
    organization: z.string().describe("NAMESPACE/NAME"),
    issuer: z.string().optional(),
    subject: z.string().optional().describe("What the issuer calls them, for good."),
    oktaStatus: z.string().optional().describe("Okta's status of them, where its directory was asked."),
    groups: z.array(Group).describe("The groups that were received last, mapped or not."),
    groupsFrom: z.enum(["Claim", "MissingClaim", "Directory"]).optional(),
    roles: z
      .array(Role.extend({ causes: z.array(Cause) }))
      .describe("Each role once, sorted by name, with every cause of it."),
  }),
);

export const User = named(
  "User",
  "A registered user, with everything that their roles follow from, and what has changed of them.",
  Person.extend({
    history: z
      .array(Change)
      .describe("The last changes, the newest first. The audit log has all of them, and for longer."),
    signIns: z
      .array(SignIn)
      .describe("The last sign-ins, the newest first. They may be stored a minute late."),
  }),
);

export const UserList = named(
  "UserList",
  "One page of an organization's users.",
  z.object({
    organization: z.string().describe("NAMESPACE/NAME"),
    total: z.int().min(0).describe("Users that the organization has."),
    matching: z.int().min(0).describe("How many of them are as asked for, on all pages."),
    users: z.array(UserSummary),
    nextCursor: z.string().optional().describe("For the next page, as `cursor`. Absent on the last one."),
  }),
);

export const Explanations = named(
  "Explanations",
  "Why somebody holds a role, or what is missing. It is what the door goes by, and what the pages show.",
  z.object({
    organization: z.string().describe("NAMESPACE/NAME"),
    explanations: z
      .array(
        z.object({
          user: z
            .object({ id: z.string(), email: z.string().optional(), name: z.string().optional() })
            .optional()
            .describe("Absent where nobody of this address has an account."),
          account: z.enum(["Active", "Deactivated", "Undecided", "None"]),
          received: z
            .object({
              from: z.enum(["Claim", "MissingClaim", "Directory"]),
              groups: z.array(z.string()).describe("As they are shown to people; of very many, the first."),
              total: z.int().min(0),
            })
            .optional()
            .describe("The groups that were received last. Absent where Okta has said nothing of them."),
          roles: z.array(
            z.object({
              name: z.string(),
              displayName: z.string(),
              admin: z.boolean(),
              holds: z.boolean().describe("As sessions are let in by."),
              summary: z.string().describe("Everything in one line."),
              reasons: z.array(
                z.object({
                  code: z
                    .string()
                    .describe("For programs, as in MappedGroup, NotInGroups, NameDiffers, NotActiveInOkta."),
                  sentence: z.string(),
                  mapping: z.string().optional(),
                  group: z.string().optional(),
                }),
              ),
            }),
          ),
        }),
      )
      .describe("One for each account: a local one may have the same address."),
  }),
);

export const Me = named(
  "Me",
  "Who asks, and what they may read here.",
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("ServiceAccount"),
      serviceAccount: z.object({ namespace: z.string(), name: z.string() }),
      mayList: z.boolean().describe("Whether it may read all users of this namespace's organizations."),
    }),
    z.object({
      kind: z.literal("Session"),
      admin: z.boolean().describe("Whether they may read all users of this organization."),
      expires: time.describe("When the session ends at the latest."),
      user: Person,
    }),
  ]),
);

named(
  "Problem",
  "What went wrong, and what to do (RFC 9457).",
  z.object({
    type: z.literal("about:blank"),
    status: z.int(),
    title: z.string(),
    detail: z.string().describe("For people: what happened, and what to do."),
    code: z.string().describe("For programs: stable."),
    parameter: z.string().optional().describe("Of a question that isn't understood: what is wrong in it."),
    requestID: z.string().describe("As in the service's log."),
  }),
);
