import test from "ava";
import type { Request, Response } from "express";
import { CrossSiteError } from "../../../webhook/http/request-errors.ts";
import { sameSiteOnly } from "../../../webhook/http/same-site.ts";

const OWN = "https://login.example.com";

test("a change is taken from pages of this origin alone: by what browsers say, and by Origin where they say nothing", (t) => {
  const passes = (headers: Record<string, string>): boolean => {
    let heard: unknown = "nothing";
    void sameSiteOnly(`${OWN}/`)({ headers } as unknown as Request, {} as Response, (error?: unknown) => {
      heard = error;
    });
    t.true(heard === undefined || heard instanceof CrossSiteError);
    return heard === undefined;
  };
  t.true(passes({ "sec-fetch-site": "same-origin" }));
  t.true(passes({ "sec-fetch-site": "same-origin", origin: "https://elsewhere.example" }));
  t.true(passes({ origin: OWN }));
  for (const headers of [
    {},
    { origin: "null" },
    { origin: "https://elsewhere.example" },
    { origin: "http://login.example.com" },
    { "sec-fetch-site": "same-site", origin: OWN },
    { "sec-fetch-site": "cross-site", origin: OWN },
    { "sec-fetch-site": "none", origin: OWN },
    { "sec-fetch-site": "", origin: OWN },
  ])
    t.false(passes(headers as Record<string, string>), JSON.stringify(headers));
});
