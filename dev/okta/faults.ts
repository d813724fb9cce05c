import { z } from "zod";
import type { ClaimsUse } from "./oauth/groups-claim.ts";

/** Where a request goes. The first five are what programs call; the others are where browsers are sent. */
export const endpoints = [
  "discovery",
  "keys",
  "token",
  "userinfo",
  "management",
  "introspect",
  "revoke",
  "authorize",
  "logout",
  "sign-in",
] as const;
export type Endpoint = (typeof endpoints)[number];

export const programmatic: readonly Endpoint[] = ["discovery", "keys", "token", "userinfo", "management"];

const answerFault = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    headers: z.record(z.string(), z.string()).default({}),
    body: z.string().default(""),
  }),
  z.strictObject({
    kind: z.literal("rate-limited"),
    /** When the window ends, in seconds from now. */
    resetSeconds: z.int().default(1),
    /** Too many requests at once rather than a minute: limit and remaining are then 0. */
    concurrency: z.boolean().default(false),
    /** Also sends Retry-After. Okta sends none. */
    retryAfterSeconds: z.int().optional(),
  }),
  z.strictObject({ kind: z.literal("slow"), milliseconds: z.int().nonnegative() }),
  z.strictObject({ kind: z.literal("hang") }),
  z.strictObject({ kind: z.literal("disconnect") }),
  z.strictObject({ kind: z.literal("broken-json") }),
  /** A list without anything in it, well-formed, with status 200. */
  z.strictObject({ kind: z.literal("empty-list") }),
  /** A page for people where JSON was asked for, as proxies and pages of maintenance are. */
  z.strictObject({ kind: z.literal("html"), status: z.int().min(200).max(599).default(200) }),
  /** The connection ends in the middle of the body. */
  z.strictObject({ kind: z.literal("cut-off") }),
  /** A body that comes byte by byte, with this time between them, and never ends. */
  z.strictObject({ kind: z.literal("drip"), milliseconds: z.int().positive().default(20) }),
  z.strictObject({ kind: z.literal("oversized"), bytes: z.int().positive() }),
]);

const contentFault = z.discriminatedUnion("kind", [
  /** The issuer that discovery tells. */
  z.strictObject({ kind: z.literal("wrong-issuer"), issuer: z.string() }),
  /** The address in `Link: rel="next"` of lists; "same" is the address of the request itself: a circle. */
  z.strictObject({ kind: z.literal("next-link"), url: z.string() }),
  /** The value of every groups claim: "string" and "numbers" stand for the wrong types, "missing" for no claim. */
  z.strictObject({
    kind: z.literal("groups-claim"),
    as: z.union([z.enum(["missing", "string", "numbers"]), z.strictObject({ value: z.json() })]),
    use: z.enum(["id_token", "userinfo"]).optional(),
  }),
]);

export const misbehaviour = z.strictObject({
  fault: z.union([answerFault, contentFault]),
  /** Faults of an answer: at these endpoints; default: all that programs call. */
  on: z.array(z.enum(endpoints)).optional(),
  /** For this client id only. It is known once the server has done its work: the answer is lost, not the deed. */
  app: z.string().optional(),
  method: z.string().optional(),
  /** A regular expression for the path with its query. */
  path: z.string().optional(),
  /** How many requests that it would concern go well first. */
  skip: z.int().nonnegative().default(0),
  /** How many it concerns; default: all, until stopped. */
  times: z.int().positive().default(Number.MAX_SAFE_INTEGER),
});

export type AnswerFault = z.output<typeof answerFault>;
export type Misbehaviour = z.input<typeof misbehaviour>;
type Rule = z.output<typeof misbehaviour>;

/** A misbehaviour under way. */
export interface Misbehaving {
  /** How many answers it has spoiled so far. */
  readonly hits: number;
  stop(): void;
}

export interface Request {
  endpoint: Endpoint;
  method: string;
  /** Path and query. */
  url: string;
}

interface Active {
  rule: Rule;
  seen: number;
  hits: number;
  stopped: AbortController;
}

/** A fault for one answer; requests that it holds back are let go when it is stopped. */
export interface Spoiling {
  fault: AnswerFault;
  stopped: AbortSignal;
}

/** What the stand-in does wrong on request. */
export class Faults {
  #active: Active[] = [];

  add(wanted: Misbehaviour): Misbehaving {
    const active: Active = {
      rule: misbehaviour.parse(wanted),
      seen: 0,
      hits: 0,
      stopped: new AbortController(),
    };
    this.#active.push(active);
    return {
      get hits() {
        return active.hits;
      },
      stop: () => {
        this.#active = this.#active.filter((other) => other !== active);
        active.stopped.abort();
      },
    };
  }

  clear(): void {
    for (const { stopped } of this.#active.splice(0)) stopped.abort();
  }

  /** The fault for this answer, if any. `app` is undefined before the caller is known. */
  answer(request: Request, app?: string): Spoiling | undefined {
    const active = this.#take(
      ({ rule }) => isAnswerFault(rule.fault) && rule.app === app && concerns(rule, request),
    );
    return active && isAnswerFault(active.rule.fault)
      ? { fault: active.rule.fault, stopped: active.stopped.signal }
      : undefined;
  }

  issuer(request: Request, issuer: string): string {
    const fault = this.#take(({ rule }) => rule.fault.kind === "wrong-issuer" && matches(rule, request))?.rule
      .fault;
    return fault?.kind === "wrong-issuer" ? fault.issuer : issuer;
  }

  /** Also a last page, which has no such link, gets one. */
  nextLink(request: Request, link: string | undefined, self: string): string | undefined {
    const fault = this.#take(({ rule }) => rule.fault.kind === "next-link" && matches(rule, request))?.rule
      .fault;
    if (fault?.kind !== "next-link") return link;
    return fault.url === "same" ? self : fault.url;
  }

  groupsClaim(groups: string[] | undefined, { app, use }: { app: string; use: ClaimsUse }): unknown {
    const fault = this.#take(
      ({ rule }) =>
        rule.fault.kind === "groups-claim" &&
        (rule.app === undefined || rule.app === app) &&
        (rule.fault.use === undefined || rule.fault.use === use),
    )?.rule.fault;
    if (fault?.kind !== "groups-claim") return groups;
    switch (fault.as) {
      case "missing":
        return undefined;
      case "string":
        return (groups ?? []).join(",");
      case "numbers":
        return [...(groups ?? []), 42, null, { name: "object" }];
      default:
        return fault.as.value;
    }
  }

  #take(concerned: (active: Active) => boolean): Active | undefined {
    for (const active of this.#active) {
      if (active.hits >= active.rule.times || !concerned(active)) continue;
      if (active.seen++ < active.rule.skip) continue;
      active.hits++;
      return active;
    }
    return undefined;
  }
}

function isAnswerFault(fault: Rule["fault"]): fault is AnswerFault {
  return !["wrong-issuer", "next-link", "groups-claim"].includes(fault.kind);
}

function concerns(rule: Rule, request: Request): boolean {
  return (rule.on ?? programmatic).includes(request.endpoint) && matches(rule, request);
}

function matches({ method, path }: Rule, request: Request): boolean {
  return (
    (method === undefined || method.toUpperCase() === request.method) &&
    (path === undefined || new RegExp(path).test(request.url))
  );
}
