import test from "ava";
import { okta, twoOrganizations } from "../console/two-organizations.ts";
import { webhookUnderTest } from "../webhook-under-test.ts";
import { type Asking, ask, program, tokenOf } from "./program.ts";

/** Of Acme: who is answered with what. The last two are programs, with the rights to list and get, and without any. */
const TABLE: Record<
  string,
  readonly [
    nobody: number,
    member: number,
    admin: number,
    other: number,
    local: number,
    reader: number,
    stranger: number,
  ]
> = {
  "GET users": [401, 403, 200, 403, 200, 200, 403],
  "GET users?role=service-admin&limit=1": [401, 403, 200, 403, 200, 200, 403],
  "GET users/mia": [401, 403, 200, 403, 200, 200, 403],
  "GET users/nobody": [401, 403, 404, 403, 404, 404, 403],
  "GET explain": [401, 200, 200, 403, 200, 400, 400],
  "GET explain?email=ada@acme.example": [401, 200, 200, 403, 200, 200, 403],
  "GET explain?email=kim@acme.example": [401, 403, 200, 403, 200, 200, 403],
  "GET explain?user=mia": [401, 403, 200, 403, 200, 200, 403],
  "GET me": [401, 200, 200, 403, 200, 200, 403],
  "HEAD users": [401, 403, 200, 403, 200, 200, 403],
  "POST users": [405, 405, 405, 405, 405, 405, 405],
  "DELETE users/mia": [405, 405, 405, 405, 405, 405, 405],
  "GET nothing": [404, 404, 404, 404, 404, 404, 404],
};

test("who reads what by the API: every address, everybody, people and programs", async (t) => {
  const underTest = await webhookUnderTest(t, { okta });
  const { cluster } = underTest;
  const people = Object.entries(await twoOrganizations(underTest));
  await program(cluster, "reader", "list", "get");
  await program(cluster, "stranger");
  const callers: [who: string, asking: Asking][] = [
    ...people.map(([who, cookies]): [string, Asking] => [who, { cookies }]),
    ["a program that may", { token: await tokenOf(underTest, "reader") }],
    ["a program that may not", { token: await tokenOf(underTest, "stranger") }],
  ];
  for (const [asked, row] of Object.entries<readonly number[]>(TABLE)) {
    const [method = "", path = ""] = asked.split(" ");
    for (const [i, [who, asking]] of callers.entries()) {
      const answer = await ask(underTest, `/organizations/${cluster.namespace}/acme/${path}`, {
        ...asking,
        method,
      });
      t.is(answer.status, row[i] ?? 0, `${who}: ${asked}`);
      t.is(answer.headers["cache-control"], "no-store", asked);
      t.is(answer.headers["access-control-allow-origin"], undefined, asked);
      if (answer.status >= 400)
        t.notRegex(JSON.stringify(answer.body ?? ""), /kim@|bea@|ada@/, `${who}: ${asked}`);
    }
  }
});
