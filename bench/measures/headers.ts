import { request } from "undici";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, type Row, written } from "../measure.ts";
import { SignIns } from "../sign-ins.ts";

/** Groups of a person. Those from 45 on didn't fit into a proxy's default buffer once. */
const GROUPS = [16, 45, 100, 500];
/** What nginx takes of an answer's headers unless told otherwise, and what we allow ourselves of it. */
const NGINX_BYTES = 4_096;
const BUDGET_BYTES = 3_500;
/** What the door may tell of somebody, its assertion aside, and what a session may take of a browser's cookies. */
const IDENTITY_BYTES = 1_024;
const COOKIE_BYTES = 512;
const ROLES = 40;

export const headers: Measure = {
  name: "headers",
  title: "Headers of an answer",
  method:
    "A person in so many groups, with names of 35 characters that no packing shortens, signs in, and opens /session, the start page and the " +
    "login URI again. Of each answer the bytes of its headers are counted. The neighbour is what nginx takes of an answer with its default " +
    "buffers: above that people get 502. Then the same of GET /auth for somebody who holds 40 roles with names like " +
    "service-admin-7: what it says by headers, without and with the signed assertion. And the session's cookie, as a " +
    "browser sends it.",
  run: measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const tenant = await bench.tenant("headers");
  await tenant.ensureMappings(10);
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const signIns = new SignIns(bench.provider, { baseURL, login: tenant.loginPath });
  try {
    const rows: Row[] = [];
    for (const count of GROUPS) {
      const others = Array.from({ length: count - 1 }, () => crypto.randomUUID().slice(1));
      const [prepared] = await signIns.prepare([
        { subject: `headers-${count}`, groups: ["team-0", ...others] },
      ]);
      if (!prepared) continue;
      const callback = await bytesOf(prepared.url, prepared.cookie);
      const cookie = `${prepared.cookie}; ${callback.cookie}`;
      const answers = await Promise.all(
        [`${baseURL}/session`, `${baseURL}/`, `${baseURL}${tenant.loginPath}`].map((url) =>
          bytesOf(url, cookie),
        ),
      );
      const largest = Math.max(callback.bytes, ...answers.map(({ bytes }) => bytes));
      rows.push({
        what: `the largest answer to a person in ${count} groups`,
        measured: `${written(largest)} B`,
        neighbour: `${written(NGINX_BYTES)} B`,
        ratio: `${(largest / NGINX_BYTES).toFixed(2)}x`,
        budget: `${written(BUDGET_BYTES)} B`,
        met: largest <= BUDGET_BYTES,
      });
      if (count === Math.max(...GROUPS)) rows.push(cookieRow(callback.cookie, count));
    }
    rows.push(...(await doorRows(bench)));
    return { rows, notes: [] };
  } finally {
    await signIns.close();
    await bench.end(webhook);
  }
}

function cookieRow(cookies: string, groups: number): Row {
  const session = cookies.split("; ").filter((cookie) => cookie.includes("okta-role-session"));
  const bytes = session.join("; ").length;
  return {
    what: `the session's cookie of a person in ${groups} groups`,
    measured: `${written(bytes)} B`,
    neighbour: "",
    ratio: "",
    budget: `${COOKIE_BYTES} B`,
    met: bytes > 0 && bytes <= COOKIE_BYTES,
  };
}

/** The door, for somebody who holds many roles, each through a mapping of its own. */
async function doorRows(bench: Bench): Promise<Row[]> {
  const tenant = await bench.tenant("roles");
  const roles = Array.from({ length: ROLES }, (_, i) => `service-admin-${i}`);
  await tenant.patchOrganization({
    spec: { roles: roles.map((name) => ({ name, displayName: name, admin: false })) },
  });
  for (const role of roles) await tenant.createMapping(role, "everything", role);
  const webhook = await bench.webhook(tenant);
  const baseURL = `http://localhost:${webhook.port}`;
  const signIns = new SignIns(bench.provider, { baseURL, login: tenant.loginPath });
  try {
    const cookie = await signIns.signIn("ada", ["everything"]);
    const answer = await request(`${baseURL}/auth?organization=${tenant.organization}`, {
      headers: { cookie },
    });
    await answer.body.dump();
    const told = String(answer.headers["x-auth-request-roles"]).split(",").length;
    if (answer.statusCode !== 200 || told !== ROLES)
      throw new Error(`the door answered ${answer.statusCode} and told of ${told} roles`);
    const ours = Object.entries(answer.headers).filter(([name]) =>
      /^(x-auth-request-|set-cookie$)/.test(name),
    );
    const bytes = (some: typeof ours): number =>
      some
        .flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`.length))
        .reduce((sum, each) => sum + each, 0);
    const identity = bytes(ours.filter(([name]) => name !== "x-auth-request-assertion"));
    const row = (what: string, measured: number): Row => ({
      what: `the door's headers for somebody with ${ROLES} roles, ${what}`,
      measured: `${written(measured)} B`,
      neighbour: "",
      ratio: "",
      budget: "",
    });
    return [
      {
        ...row("without the assertion", identity),
        budget: `${written(IDENTITY_BYTES)} B`,
        met: identity <= IDENTITY_BYTES,
      },
      row("with it", bytes(ours)),
    ];
  } finally {
    await signIns.close();
    await bench.end(webhook);
  }
}

async function bytesOf(url: string, cookie: string): Promise<{ bytes: number; cookie: string }> {
  const answer = await request(url, { headers: { accept: "text/html", cookie } });
  await answer.body.dump();
  let bytes = `HTTP/1.1 ${answer.statusCode} \r\n\r\n`.length;
  for (const [name, values] of Object.entries(answer.headers))
    for (const value of [values].flat()) bytes += `${name}: ${value}\r\n`.length;
  const set = [answer.headers["set-cookie"] ?? []].flat();
  return { bytes, cookie: set.map((header) => header.split(";", 1)[0]).join("; ") };
}
