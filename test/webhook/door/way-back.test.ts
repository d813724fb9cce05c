import test from "ava";
import { forwardedWay } from "../../../webhook/door/way-back.ts";
import { Origins } from "../../../webhook/origins.ts";

const origins = new Origins("https://login.example.com", ["app.example.com"]);
const OWN = "login.example.com";
const APP = "app.example.com";

function way(
  question: { host?: string; target?: string },
  headers: Record<string, string | string[]> = {},
): string {
  const found = forwardedWay(question, headers, origins);
  return found.kind === "address" ? found.path : "none";
}

test("the question says where somebody wanted to go, and where it doesn't, the proxy does", (t) => {
  const forwarded = { host: OWN, "x-forwarded-host": APP, "x-forwarded-uri": "/reports?a=b" };
  t.is(way({}, forwarded), "https://app.example.com/reports?a=b");
  t.is(way({ host: OWN }, forwarded), "/reports?a=b", "at this origin it needs none");
  t.is(way({ host: APP, target: "/x" }, forwarded), "https://app.example.com/x");
  t.is(way({ target: "/x" }, forwarded), "/x", "of a target in the address, the request's own host");
  t.is(way({ target: "/x" }, { host: APP }), "https://app.example.com/x");
  t.is(way({ host: APP }, { "x-forwarded-uri": "/\xe4" }), "https://app.example.com/%E4");
});

test("nobody is led to where people may not be led, or to what isn't an address", (t) => {
  for (const [question, headers] of [
    [{}, {}],
    [{}, { "x-forwarded-uri": "/x" }],
    [{}, { "x-forwarded-host": APP }],
    [{}, { host: APP, "x-forwarded-uri": "/x" }],
    [{}, { "x-forwarded-host": "evil.example", "x-forwarded-uri": "/x" }],
    [{ host: "evil.example" }, { "x-forwarded-host": APP, "x-forwarded-uri": "/x" }],
    [{}, { "x-forwarded-host": [APP, OWN], "x-forwarded-uri": "/x" }],
    [{}, { "x-forwarded-host": APP, "x-forwarded-uri": ["/x", "/y"] }],
    [{}, { "x-forwarded-host": OWN, "x-forwarded-uri": "https://app.example.com/x" }],
    [{}, { "x-forwarded-host": APP, "x-forwarded-uri": "x" }],
    [{}, { "x-forwarded-host": APP, "x-forwarded-uri": "//evil.example" }],
  ] as const)
    t.is(
      way(question, headers as Record<string, string | string[]>),
      "none",
      JSON.stringify([question, headers]),
    );
});
