import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import test from "ava";
import type { Request, Response } from "express";
import { etagOf, isKnown } from "../../../webhook/http/etag.ts";

test("an answer's ETag follows from all that it says, and from nothing else", (t) => {
  t.regex(etagOf("a"), /^W\/"[\w-]{22}"$/);
  t.is(etagOf("a", "b"), etagOf("a", "b"));
  t.is(new Set([etagOf(), etagOf("a"), etagOf("a", "b"), etagOf("ab"), etagOf("b", "a")]).size, 5);
});

test("who has an answer already isn't sent it again, however they name it; `*` is nobody's answer", (t) => {
  const known = etagOf("a");
  const strong = known.slice(2);
  const asks = (header: string | undefined): boolean => {
    const req = new IncomingMessage(new Socket());
    if (header !== undefined) req.headers["if-none-match"] = header;
    const res = new ServerResponse(req);
    const has = isKnown(req as Request, res as Response, known);
    t.is(res.getHeader("etag"), known);
    return has;
  };
  for (const header of [known, strong, `W/"x", ${known}`, `"x",${strong} , "y"`])
    t.true(asks(header), header);
  for (const header of [undefined, "", "*", 'W/"x"', strong.slice(1, -1), `x${known}`, `${strong}W/`])
    t.false(asks(header), header);
});
