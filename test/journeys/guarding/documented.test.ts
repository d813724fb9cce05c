import test from "ava";
import { parse } from "yaml";
import { identityHeaders } from "../../../webhook/door/identity-headers.ts";
import { readRequirement } from "../../../webhook/door/requirement.ts";
import { applicationsPage, documented } from "./documented.ts";
import { spellings } from "./spellings.ts";

const told = Object.keys(identityHeaders({ user: "", email: "", organization: "", roles: [] }));

test("the documented Traefik takes every spelling of the headers from the client, and nothing else", async (t) => {
  const { http } = parse(await documented("yaml", {}));
  const { authResponseHeadersRegex } = http.middlewares.who.forwardAuth;
  t.true(authResponseHeadersRegex.startsWith("(?i)"), "Go's way of saying that case doesn't matter");
  const taken = new RegExp(authResponseHeadersRegex.slice("(?i)".length), "i");
  for (const name of told) for (const spelling of spellings(name)) t.regex(spelling, taken);
  for (const name of [
    "Cookie",
    "X-Request-Id",
    "X-Authorization",
    "My-X-Auth-Request-User",
    "X-Auth-Requested",
  ])
    t.notRegex(name, taken);
  t.deepEqual(http.routers.application.middlewares, Object.keys(http.middlewares));
});

test("every documented requirement is understood, and every list of headers has them all", async (t) => {
  const page = await applicationsPage();
  const questions = [...page.matchAll(/\/session\?organization=\S*/g)].map(([question]) =>
    question.replace(/[`;:]+$/, ""),
  );
  t.true(questions.length >= 5, `${questions.length}`);
  for (const question of questions.filter((asked) => !asked.includes("NAMESPACE")))
    t.deepEqual(
      readRequirement(question),
      { kind: "requirement", organization: "access/acme", roles: ["service-admin"], anyRoles: [] },
      question,
    );
  const [, listed = ""] = /auth-response-headers: (.*)/.exec(page) ?? [];
  t.deepEqual(listed.split(", ").sort(), told.toSorted());
  for (const name of told) t.regex(page, new RegExp(`^\\| \`${name}\` \\|`, "m"), "the table has each");
});
