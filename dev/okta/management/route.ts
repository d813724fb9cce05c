import type { Request, Response } from "express";
import type { Logger } from "pino";
import type { Directory } from "../directory/directory.ts";
import type { Group } from "../directory/entities.ts";
import type { EventHooks } from "../event-hooks/event-hooks.ts";
import type { Faults } from "../faults.ts";
import type { AuthorizationServer } from "../oauth/authorization-server.ts";
import type { Caller } from "./caller.ts";

/** What the routes of the Management API work on. */
export interface ManagementContext {
  directory: Directory;
  eventHooks: EventHooks;
  /** The organization's URL, which links begin with. */
  base: string;
  org: AuthorizationServer;
  apiTokens: ReadonlySet<string>;
  /** Whether callers are allowed to see a group. */
  isShown: (group: Group) => boolean;
  faults: Faults;
  log: Logger;
}

/** One of its routes. */
export interface Route {
  method: "get" | "post" | "put" | "delete";
  path: string;
  /** The scope that a service app needs. */
  scope: string;
  handle: (request: Request, response: Response, caller: Caller) => void | Promise<void>;
}
