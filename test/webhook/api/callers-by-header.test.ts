import test from "ava";
import type { Request } from "express";
import type { SessionCaller } from "../../../webhook/api/caller.ts";
import { Callers } from "../../../webhook/api/callers.ts";
import { UnknownCallerError } from "../../../webhook/api/refusals.ts";
import { visitorOfAcme } from "../pages/a-visitor.ts";
import { serviceAccount } from "./a-service-account.ts";

const program = serviceAccount();
const person: SessionCaller = { kind: "session", name: "user acme/acme-x", visitor: visitorOfAcme([]) };

/** Callers, and what somebody was looked up by. */
function callersHere() {
  const known: (string | undefined)[] = [];
  const callers = new Callers(
    {
      of: async (token, address) => {
        known.push(token, address);
        return program;
      },
    },
    {
      of: async (cookie, organization) => {
        known.push(cookie, organization);
        return person;
      },
    },
  );
  return { callers, known };
}

/** Whoever sends these headers, and what they are known by. */
async function identified(headers: Request["headers"]) {
  const { callers, known } = callersHere();
  const req = { headers, ip: "2001:db8:1:1:1::1" } as Request;
  await callers.identify(req, "team/acme");
  return { caller: callers.of(req), known };
}

test("a token in the Authorization header is what somebody is known by, and else the session at this organization", async (t) => {
  const cookie = "a=b";
  t.deepEqual(await identified({ cookie }), { caller: person, known: ["a=b", "team/acme"] });
  t.deepEqual(await identified({}), { caller: person, known: [undefined, "team/acme"] });
  for (const [authorization, token] of [
    ["Bearer a.b-c_d~e+f/g==", "a.b-c_d~e+f/g=="],
    ["bearer x", "x"],
    ["BEARER   x1", "x1"],
  ] as const)
    t.deepEqual(await identified({ authorization, cookie }), {
      caller: program,
      known: [token, "2001:db8:1::/56"],
    });
});

test("an Authorization header that is something else isn't overlooked, whatever cookie comes with it", async (t) => {
  for (const authorization of [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x y",
    "Bearer =",
    "Bearer x=y",
    "Bearerx",
    "Basic x",
    "x Bearer x",
    "Bearer x\n",
    "token",
  ]) {
    const error = await t.throwsAsync(identified({ authorization, cookie: "a=b" }), {
      instanceOf: UnknownCallerError,
      code: "authorization-misunderstood",
    });
    t.is(error?.headers["WWW-Authenticate"], 'Bearer realm="okta-role-operator"', authorization);
  }
});

test("nothing is answered to a request that nobody was identified by", async (t) => {
  const { callers } = callersHere();
  t.throws(() => callers.of({ headers: {} } as Request), { message: /without being identified/ });
});
