import type { Request } from "express";
import type { Way } from "../sign-in/return-to.ts";

const ways = new WeakMap<Request, Way>();

/** Remembers where somebody wanted to go, so that a page on which a sign-in ends doesn't lose it. */
export function setWayBack(req: Request, way: Way): void {
  ways.set(req, way);
}

export function wayBack(req: Request): Way | undefined {
  return ways.get(req);
}
