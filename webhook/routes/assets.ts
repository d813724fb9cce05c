import type { RequestHandler } from "express";
import { assetAt } from "../console/assets.ts";
import { RequestError } from "../http/request-errors.ts";

/** GET /login/assets/:file - the scripts of our pages. Their names change with what is in them. */
export const assets: RequestHandler = (req, res) => {
  const asset = assetAt(req.path);
  if (!asset)
    throw new RequestError({
      code: "not-found",
      status: 404,
      title: "There is no such page",
      message: "It may be of another version of this service. Open the page anew.",
    });
  res.writeHead(200, {
    "Content-Type": "text/javascript; charset=utf-8",
    "Content-Length": asset.content.length,
    "Cache-Control": "public, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
  });
  res.end(asset.content);
};
