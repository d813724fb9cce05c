import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import test from "ava";
import type { Response } from "express";
import { headerRoom } from "../../../webhook/http/header-room.ts";

test("each header takes of the room what it takes of the answer, in bytes; so does where a redirect leads", (t) => {
  const res = new ServerResponse(new IncomingMessage(new Socket())) as Response;
  const page = headerRoom(res);
  const redirect = headerRoom(res, "");
  t.true(page > 0 && page < redirect && redirect < 3_500, "a page has more headers of its own");
  t.is(headerRoom(res, "/äb"), redirect - 4);
  res.setHeader("X-Name", "abc");
  let left = page - "x-name: abc\r\n".length;
  t.is(headerRoom(res), left);
  res.setHeader("Set-Cookie", ["a=1", "bc=23"]);
  left -= "set-cookie: a=1\r\nset-cookie: bc=23\r\n".length;
  t.is(headerRoom(res), left);
  res.setHeader("Retry-After", 10);
  left -= "retry-after: 10\r\n".length;
  t.is(headerRoom(res), left);
  t.is(headerRoom(res, "/"), left - page + redirect - 1);
});
