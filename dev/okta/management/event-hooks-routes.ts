import type { Request } from "express";
import { z } from "zod";
import type { EventHook, EventHookSettings } from "../event-hooks/event-hook.ts";
import { eligibleEventTypes } from "../event-hooks/event-hook.ts";
import { parseBody } from "./list-answer.ts";
import type { ManagementContext, Route } from "./route.ts";

const body = z.object({
  name: z.string().min(1).max(255),
  description: z.string().nullish(),
  events: z.object({
    type: z.literal("EVENT_TYPE"),
    items: z
      .array(z.string().refine((type) => eligibleEventTypes.has(type), "isn't eligible for event hooks"))
      .min(1),
  }),
  channel: z.object({
    type: z.literal("HTTP"),
    version: z.literal("1.0.0"),
    config: z.object({
      uri: z.url({ protocol: /^https?$/ }),
      headers: z.array(z.object({ key: z.string().min(1), value: z.string() })).nullish(),
      authScheme: z
        .object({ type: z.literal("HEADER"), key: z.string().min(1), value: z.string().min(1) })
        .nullish(),
    }),
  }),
});

/** Okta's Event Hooks API. */
export function eventHooksRoutes({ eventHooks, base }: ManagementContext): Route[] {
  const json = (hook: EventHook) => eventHookJson(hook, base);
  const read = "okta.eventHooks.read";
  const manage = "okta.eventHooks.manage";
  const id = (request: Request) => String(request.params.id);
  return [
    {
      method: "get",
      path: "/eventHooks",
      scope: read,
      handle: (_request, response) => void response.json([...eventHooks].map(json)),
    },
    {
      method: "post",
      path: "/eventHooks",
      scope: manage,
      handle: (request, response, { party }) =>
        void response.json(json(eventHooks.add(settingsIn(request), party))),
    },
    {
      method: "get",
      path: "/eventHooks/:id",
      scope: read,
      handle: (request, response) => void response.json(json(eventHooks.get(id(request)))),
    },
    {
      method: "put",
      path: "/eventHooks/:id",
      scope: manage,
      handle: (request, response, { party }) => {
        const { id: known } = eventHooks.get(id(request));
        response.json(json(eventHooks.replace(known, settingsIn(request), party)));
      },
    },
    {
      method: "delete",
      path: "/eventHooks/:id",
      scope: manage,
      handle: (request, response, { party }) => {
        eventHooks.delete(id(request), party);
        response.status(204).end();
      },
    },
    ...(["verify", "activate", "deactivate"] as const).map(
      (operation): Route => ({
        method: "post",
        path: `/eventHooks/:id/lifecycle/${operation}`,
        scope: manage,
        handle: async (request, response, { party }) => {
          response.json(json(await eventHooks[operation](id(request), party)));
        },
      }),
    ),
  ];
}

function settingsIn(request: Request): EventHookSettings {
  const { name, description, events, channel } = parseBody(body, request);
  const { uri, headers, authScheme } = channel.config;
  return {
    name,
    description: description ?? null,
    uri,
    events: events.items,
    headers: Object.fromEntries((headers ?? []).map(({ key, value }) => [key, value])),
    authorization: authScheme ? { header: authScheme.key, secret: authScheme.value } : undefined,
  };
}

/** The secret is never told. */
function eventHookJson(hook: EventHook, base: string): object {
  const self = `${base}/api/v1/eventHooks/${hook.id}`;
  const operation = (name: string) => ({ href: `${self}/lifecycle/${name}`, hints: { allow: ["POST"] } });
  const { id, status, verificationStatus, name, description, created, createdBy, lastUpdated } = hook;
  const { uri, headers, events, authorization } = hook;
  return {
    id,
    status,
    verificationStatus,
    name,
    description,
    created,
    createdBy,
    lastUpdated,
    events: { type: "EVENT_TYPE", items: events, filter: null },
    channel: {
      type: "HTTP",
      version: "1.0.0",
      config: {
        uri,
        headers: Object.entries(headers).map(([key, value]) => ({ key, value })),
        method: "POST",
        ...(authorization ? { authScheme: { type: "HEADER", key: authorization.header } } : {}),
      },
    },
    _links: { self: { href: self }, verify: operation("verify"), deactivate: operation("deactivate") },
  };
}
