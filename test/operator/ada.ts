import type { User } from "../../identity/index.ts";
import { account } from "../identity/an-account.ts";

/** Somebody who holds a role by one mapping. */
export const ADA: User = account({
  ref: "access/ada",
  uid: "u1",
  organization: "access/acme",
  subject: "00uada",
});
