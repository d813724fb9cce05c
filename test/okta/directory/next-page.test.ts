import test from "ava";
import { DirectoryInvalidAnswerError } from "../../../okta/directory/directory-errors.ts";
import { nextPage } from "../../../okta/directory/next-page.ts";

const current = new URL("https://acme.okta.com/api/v1/groups?limit=200");
const next = (link: string | string[] | undefined) => nextPage({ headers: { link } }, current)?.href;
const SELF = '<https://acme.okta.com/api/v1/groups?limit=200>; rel="self"';
const NEXT = "https://acme.okta.com/api/v1/groups?after=00g1&limit=200";

for (const [what, link, expected] of [
  ["no link", undefined, undefined],
  ["only itself", SELF, undefined],
  ["two headers", [SELF, `<${NEXT}>; rel="next"`], NEXT],
  ["one header", `${SELF}, <${NEXT}>; rel="next"`, NEXT],
  ["commas in the URL", `<${NEXT},a>; rel="next", ${SELF}`, `${NEXT},a`],
  ["no quotes", `<${NEXT}>;rel=next`, NEXT],
  ["capitals", `<${NEXT}>; REL="Next"`, NEXT],
  ["several relations", `<${NEXT}>; rel="last next"`, NEXT],
  ["more parameters", `<${NEXT}>; title="x"; rel="next"`, NEXT],
  ["a relative URL", "</api/v1/groups?after=1>; rel=next", "https://acme.okta.com/api/v1/groups?after=1"],
  ["no relation at all", `<${NEXT}>`, undefined],
  ["a parameter that begins alike", `<${NEXT}>; relation="next"`, undefined],
  ["another relation that ends alike", `<${NEXT}>; rel="not-next"`, undefined],
] as const) {
  test(`the next page is found with ${what}`, (t) =>
    t.is(next(typeof link === "object" ? [...link] : link), expected));
}

for (const [what, target] of [
  ["another host", "https://evil.example.com/api/v1/groups?after=1"],
  ["another host that looks alike", "https://acme.okta.com.evil.example.com/api/v1/groups?after=1"],
  ["the host as a user's name", "https://acme.okta.com@evil.example.com/api/v1/groups"],
  ["a user's name", "https://me@acme.okta.com/api/v1/groups"],
  ["a password", "https://:secret@acme.okta.com/api/v1/groups"],
  ["another port", "https://acme.okta.com:8443/api/v1/groups"],
  ["plain http", "http://acme.okta.com/api/v1/groups"],
  ["another endpoint", "https://acme.okta.com/api/v1/users?after=1"],
  ["no URL", "https://"],
] as const) {
  test(`a next page with ${what} isn't followed`, (t) => {
    t.throws(() => next(`<${target}>; rel="next"`), { instanceOf: DirectoryInvalidAnswerError });
  });
}

test("two next pages are one too many", (t) => {
  t.throws(() => next([`<${NEXT}>; rel="next"`, `<${NEXT}0>; rel="next"`]), {
    instanceOf: DirectoryInvalidAnswerError,
  });
});
