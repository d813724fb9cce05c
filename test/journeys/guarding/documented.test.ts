import test from "ava";
import { parse } from "yaml";
import { documented } from "../../../dev/quickstart/documented-proxy.ts";
import { identityHeaders } from "../../../webhook/door/identity-headers.ts";
import { readQuestion } from "../../../webhook/door/requirement.ts";
import { applicationsPage, documentedFiles } from "./documented.ts";
import { spellings } from "./spellings.ts";

const told = [
  ...Object.keys(identityHeaders({ user: "", email: "", organization: "", roles: [] })),
  "X-Auth-Request-Assertion",
];

test("the documented Traefik takes every spelling of the headers from the client, and nothing else", async (t) => {
  const { http } = parse(await documented("traefik.yaml", {}));
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

test("every documented question is understood, and asks for the same", async (t) => {
  const asked = { kind: "requirement", organization: "access/acme", roles: ["service-admin"], anyRoles: [] };
  const files = (await documentedFiles()).filter((file) => !file.endsWith(".lua"));
  t.true(files.length >= 8);
  for (const file of files) {
    const text = (await documented(file, {}))
      .replace("/auth?$question", "")
      .replace("set $question ", "/auth?");
    const questions = [...text.matchAll(/\/auth[?/]organization=[^\s;"']*/g)].map(([question]) => question);
    t.true(questions.length > 0, file);
    for (const question of questions) {
      const url = question.endsWith("/-") ? `${question}/reports?of=today` : question;
      t.like(readQuestion(url), asked, question);
    }
  }
});

test("wherever headers are listed, all of them are", async (t) => {
  for (const file of [
    "nginx.conf",
    "Caddyfile",
    "okta-role.lua",
    "apache-okta-role.lua",
    "ingress-nginx.yaml",
    "gateway-api.yaml",
  ]) {
    const text = (await documented(file, {})).toLowerCase();
    for (const name of told)
      t.regex(text, new RegExp(`${name.toLowerCase()}(?![\\w-])`), `${name} in ${file}`);
  }
  const page = await applicationsPage();
  for (const name of told) t.regex(page, new RegExp(`^\\| \`${name}\` \\|`, "m"), "the table has each");
  for (const file of await documentedFiles()) t.true(page.includes(`(proxies/${file})`), file);
});
