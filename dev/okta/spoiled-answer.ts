import type { ServerResponse } from "node:http";
import { errors } from "./directory/okta-error.ts";
import type { Spoiling } from "./faults.ts";

const chunk = Buffer.alloc(64 * 1024, "x");

/**
 * Answers as the fault wants it.
 * @returns whether the answer is given; false: the fault only took time, go on as usual
 */
export async function spoilAnswer({ fault, stopped }: Spoiling, response: ServerResponse): Promise<boolean> {
  if (fault.kind !== "slow")
    for (const header of ["content-type", "content-length", "location"]) response.removeHeader(header);
  switch (fault.kind) {
    case "status":
      response.writeHead(fault.status, fault.headers).end(fault.body);
      return true;
    case "rate-limited": {
      const now = Math.floor(Date.now() / 1000);
      response.setHeader("X-Rate-Limit-Limit", fault.concurrency ? 0 : 600);
      response.setHeader("X-Rate-Limit-Remaining", 0);
      response.setHeader("X-Rate-Limit-Reset", now + fault.resetSeconds);
      if (fault.retryAfterSeconds !== undefined) response.setHeader("Retry-After", fault.retryAfterSeconds);
      response
        .writeHead(429, { "Content-Type": "application/json" })
        .end(JSON.stringify(errors.rateLimited().body()));
      return true;
    }
    case "slow":
      await pause(response, stopped, fault.milliseconds);
      return response.destroyed;
    case "hang":
      await pause(response, stopped);
      response.destroy();
      return true;
    case "disconnect":
      response.destroy();
      return true;
    case "broken-json":
      response
        .writeHead(200, { "Content-Type": "application/json" })
        .end('[{"id": "00u1", "sub": "00u1", "access_to');
      return true;
    case "empty-list":
      response.writeHead(200, { "Content-Type": "application/json" }).end("[]");
      return true;
    case "html":
      response
        .writeHead(fault.status, { "Content-Type": "text/html; charset=utf-8" })
        .end("<!doctype html><title>Maintenance</title><h1>We'll be back soon</h1>");
      return true;
    case "cut-off":
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": 1000 });
      response.write('[{"id": "00u1", "status": "ACTIVE"}, {"id": "00u', () => response.destroy());
      return true;
    case "drip":
      await drip(response, stopped, fault.milliseconds);
      return true;
    case "oversized":
      await writeTooMuch(response, fault.bytes);
      return true;
  }
}

/** Until the time is over, the client is gone, or the misbehaviour was stopped. */
function pause(response: ServerResponse, stopped: AbortSignal, milliseconds?: number): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const done = () => {
      clearTimeout(timer);
      stopped.removeEventListener("abort", done);
      response.off("close", done);
      resolve();
    };
    const timer = milliseconds === undefined ? undefined : setTimeout(done, milliseconds);
    stopped.addEventListener("abort", done);
    response.on("close", done);
  });
}

/** The beginning of a list, and then one space after the other, which JSON allows. */
async function drip(response: ServerResponse, stopped: AbortSignal, milliseconds: number): Promise<void> {
  response.writeHead(200, { "Content-Type": "application/json" }).write("[");
  while (!response.destroyed && !stopped.aborted) {
    await pause(response, stopped, milliseconds);
    if (!response.destroyed) response.write(" ");
  }
  response.destroy();
}

/** Well-formed JSON of this many bytes or a little more, as fast as the client takes it. */
async function writeTooMuch(response: ServerResponse, bytes: number): Promise<void> {
  response.writeHead(200, { "Content-Type": "application/json" });
  response.write('{"padding": "');
  for (let written = 0; written < bytes && !response.destroyed; written += chunk.length) {
    if (response.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const on = () => {
        response.off("drain", on).off("close", on);
        resolve();
      };
      response.on("drain", on).on("close", on);
    });
  }
  response.end('"}');
}
