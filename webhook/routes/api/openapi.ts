import type { RequestHandler } from "express";
import { openAPIDocument } from "../../api/openapi.ts";
import { queryOf } from "../../api/query.ts";
import { sendJSON } from "../../http/respond.ts";

/** GET /api/v1/openapi.json - what this API answers, for anybody: it says nothing of any organization. */
export function openapi(): RequestHandler {
  const document = openAPIDocument();
  return (req, res) => {
    queryOf(req, {});
    sendJSON(res, 200, document);
  };
}
