import { USER_SOURCES, USER_STATES } from "../console/roster-entry.ts";
import { ROSTER_ORDERS, ROSTER_SORTS } from "../console/roster-sort.ts";

/** A parameter of a question: what a program may send, and what the document says of it. */
export interface Parameter {
  readonly description: string;
  /** JSON Schema. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Users of one page: so many unless said otherwise, and at the most. */
export const PAGE = { usual: 100, most: 500 };

export const USERS_PARAMETERS = {
  search: {
    description: "A part of the email or of the name, whatever its case and accents.",
    schema: { type: "string" },
  },
  role: {
    description: "The name of a role of the organization's catalogue that they hold.",
    schema: { type: "string" },
  },
  group: {
    description:
      "The name or the id of a group that was received for them, exactly, as mappings compare them.",
    schema: { type: "string" },
  },
  state: { description: "Their state.", schema: { enum: USER_STATES } },
  source: {
    description: "Who manages them: Okta, or people on the cluster.",
    schema: { enum: USER_SOURCES },
  },
  sort: { description: "By what they are sorted.", schema: { enum: ROSTER_SORTS, default: "email" } },
  order: {
    description: "From which end.",
    schema: { enum: ROSTER_ORDERS, default: "ascending" },
  },
  limit: {
    description: "Users of one page at the most.",
    schema: { type: "integer", minimum: 1, maximum: PAGE.most, default: PAGE.usual },
  },
  cursor: {
    description:
      "Where the page begins: nextCursor of the one before, in the same order. Who is there all the time, and keeps their place in this order, comes once, whoever is made or deleted meanwhile. To read everybody, sort by email: sign-ins and changes of state move people in other orders.",
    schema: { type: "string" },
  },
} as const satisfies Record<string, Parameter>;

export const EXPLAIN_PARAMETERS = {
  role: {
    description: "The name of a role. Without it, every role of the catalogue is explained.",
    schema: { type: "string" },
  },
  email: {
    description: "The person's address, whatever its case. Several accounts may have it. This or `user`.",
    schema: { type: "string" },
  },
  user: {
    description:
      "The id of the person's account. This or `email`; without both, whoever is signed in and no administrator.",
    schema: { type: "string" },
  },
} as const satisfies Record<string, Parameter>;
