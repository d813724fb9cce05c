import { Agent, request } from "undici";
import { z } from "zod";
import type { Program } from "../dev/quickstart/program.ts";

const calls = z.array(
  z.object({
    time: z.number(),
    method: z.string(),
    endpoint: z.string(),
    area: z.string(),
    used: z.number(),
    limit: z.number(),
  }),
);
/** A call to Okta, and how much of its rate limit was used with it. */
export type Call = z.infer<typeof calls>[number];

const deliveries = z.array(
  z.object({
    time: z.number(),
    tookMs: z.number(),
    outcome: z.union([z.number(), z.string()]),
    events: z.array(z.string()),
  }),
);
/** A try to deliver events to an event hook. */
export type Delivery = z.infer<typeof deliveries>[number];

const made = z.object({ id: z.string() });

/** What a hook is told of: docs/okta.md lists more, which doesn't happen here. */
const EVENTS = [
  "group.user_membership.add",
  "group.user_membership.remove",
  "group.lifecycle.create",
  "group.lifecycle.delete",
  "group.profile.update",
];
/** Admins at work at once. */
const CONNECTIONS = 8;
/** What Okta's pages call reading: whatever is written is written by the bench, not by the product. */
const READ = "GET";

export class OktaRefusedError extends Error {
  readonly code = "okta-refused";
}

/** The stand-in for Okta that runs as a process of its own, as an admin there changes it and looks at it. */
export class Okta {
  readonly url: string;
  readonly program: Program;
  readonly #apiToken: string;
  readonly #agent = new Agent({ connections: CONNECTIONS });

  constructor(program: Program, apiToken: string) {
    this.program = program;
    this.url = `http://127.0.0.1:${program.port}`;
    this.#apiToken = apiToken;
  }

  async addToGroup(group: string, user: string): Promise<void> {
    await this.#ask("PUT", `/api/v1/groups/${group}/users/${user}`);
  }

  async removeFromGroup(group: string, user: string): Promise<void> {
    await this.#ask("DELETE", `/api/v1/groups/${group}/users/${user}`);
  }

  /** Makes an event hook, which isn't told of anything until it is verified. @returns its id */
  async createHook(uri: string, secret: string): Promise<string> {
    const config = { uri, authScheme: { type: "HEADER", key: "Authorization", value: secret } };
    const hook = {
      name: uri,
      events: { type: "EVENT_TYPE", items: EVENTS },
      channel: { type: "HTTP", version: "1.0.0", config },
    };
    return made.parse(await this.#ask("POST", "/api/v1/eventHooks", hook)).id;
  }

  /** @throws OktaRefusedError when the receiver doesn't answer as it should */
  async verifyHook(id: string): Promise<void> {
    await this.#ask("POST", `/api/v1/eventHooks/${id}/lifecycle/verify`);
  }

  async deleteHook(id: string): Promise<void> {
    await this.#ask("POST", `/api/v1/eventHooks/${id}/lifecycle/deactivate`);
    await this.#ask("DELETE", `/api/v1/eventHooks/${id}`);
  }

  /** As in the seed; what isn't named stays. */
  async set(settings: { readLagMs?: number; rateLimits?: Record<string, number> }): Promise<void> {
    await this.#ask("PATCH", "/stand-in/settings", settings);
  }

  /** From now on nothing reaches event hooks, until `behave`. */
  async loseDeliveries(): Promise<void> {
    await this.#ask("POST", "/stand-in/misdeliveries", { fault: { kind: "lost" } });
  }

  async behave(): Promise<void> {
    await this.#ask("DELETE", "/stand-in/misbehaviours");
  }

  /** What the product has asked from this time on. @param since ms since 1970 */
  async callsSince(since: number): Promise<Call[]> {
    const all = calls.parse(await this.#ask("GET", "/stand-in/calls"));
    return all.filter(({ time, method }) => time >= since && method === READ);
  }

  /** @param since ms since 1970 */
  async deliveriesSince(since: number): Promise<Delivery[]> {
    const all = deliveries.parse(await this.#ask("GET", "/stand-in/deliveries"));
    return all.filter(({ time }) => time >= since);
  }

  /** @returns the answer's JSON, where there is any */
  async #ask(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: object) {
    const { statusCode, body: content } = await request(`${this.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `SSWS ${this.#apiToken}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await content.text();
    if (statusCode >= 300) throw new OktaRefusedError(`${method} ${path} answered ${statusCode}: ${text}`);
    const answer: unknown = text === "" ? undefined : JSON.parse(text);
    return answer;
  }
}

/** How often each endpoint was asked, for a sentence: "200 /api/v1/groups/{id}/users, 2 /api/v1/logs". */
export function callsListed(asked: readonly Call[]): string {
  const counts = new Map<string, number>();
  for (const { endpoint } of asked) counts.set(endpoint, (counts.get(endpoint) ?? 0) + 1);
  return [...counts].map(([endpoint, count]) => `${count} ${endpoint}`).join(", ") || "none";
}
