import type { ExecutionContext } from "ava";
import express, { type RequestHandler } from "express";
import { serve } from "../../../webhook/server.ts";

/** What `fetch` is told besides the address. */
type Init = Parameters<typeof fetch>[1];

/** An app of these handlers alone, on a port of its own, and how to ask it: redirects aren't followed. */
export async function smallApp(
  t: ExecutionContext,
  ...handlers: RequestHandler[]
): Promise<(path: string, init?: Init) => Promise<Response>> {
  const app = express();
  app.use(...handlers);
  const server = await serve(app, { port: 0, host: "127.0.0.1" });
  t.teardown(() => server.close(0));
  return (path, init) => fetch(`http://127.0.0.1:${server.port}${path}`, { redirect: "manual", ...init });
}
