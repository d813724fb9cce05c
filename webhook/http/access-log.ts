import type { Request, RequestHandler } from "express";
import type { Logger } from "pino";
import { clientAddress } from "./client-address.ts";
import { requestID } from "./respond.ts";

const callers = new WeakMap<Request, string>();

/** Names whoever has sent a request, for its line. */
export function logCaller(req: Request, caller: string): void {
  callers.set(req, caller);
}

/** One line for each request that isn't a session check. No query and no header: they hold codes and cookies. */
export function accessLog(log: Logger): RequestHandler {
  return (req, res, next) => {
    const start = performance.now();
    // "close" also comes when the client goes away before it has the answer.
    res.once("close", () => {
      const ms = Math.round((performance.now() - start) * 10) / 10;
      const path = req.originalUrl.split("?", 1)[0]?.slice(0, 200);
      const { method } = req;
      const ip = clientAddress(req);
      const { statusCode: status } = res;
      log.info(
        { requestID: requestID(req), method, path, status, ms, ip, caller: callers.get(req) },
        "request",
      );
    });
    next();
  };
}
