import test from "ava";
import type { Directory } from "../../../okta/directory/directory.ts";
import {
  DirectoryForbiddenError,
  DirectoryRateLimitedError,
  DirectoryUnreachableError,
} from "../../../okta/directory/directory-errors.ts";
import { HttpConnectionError, HttpStatusError } from "../../../okta/http/http-errors.ts";
import type { ClientAuthentication } from "../../../okta/oidc/client-authentication.ts";
import { IssuerUnreachableError, WrongIssuerError } from "../../../okta/oidc/issuer-errors.ts";
import {
  DPoPRequiredError,
  InvalidClientError,
  TokenEndpointUnreachableError,
} from "../../../okta/oidc/login-errors.ts";
import { PrivateKeyInvalidError } from "../../../okta/private-key.ts";
import { askClient, askDirectory, askIssuer } from "../../../operator/organizations/okta-questions.ts";
import { isOpen } from "../../../operator/organizations/okta-verdicts.ts";
import { organization } from "../../organizations/organization.ts";

const ISSUER = "https://acme.okta.com";
const busy = new HttpStatusError(ISSUER, 429);
const dead = new HttpConnectionError(ISSUER, "nobody listens");
const wrong = new WrongIssuerError(ISSUER, { mistake: "not-https", advice: "Write https." });

/** What Okta does when it is asked. */
const answering = (error?: unknown) => async (): Promise<never> => {
  if (error !== undefined) throw error;
  return undefined as never;
};

test("an issuer is one, is none, doesn't answer, or would another time: that says nothing about it", async (t) => {
  const of = (error?: unknown) => askIssuer({ discover: answering(error) }, ISSUER);
  t.deepEqual(await of(), { kind: "discovered" });
  t.deepEqual(await of(wrong), { kind: "wrong", message: "Write https." });
  const unreachable = new IssuerUnreachableError(ISSUER, dead);
  t.deepEqual(await of(unreachable), { kind: "unreachable", message: unreachable.message });
  const later = new IssuerUnreachableError(ISSUER, busy);
  t.deepEqual(await of(later), { kind: "unread", reason: "IssuerRateLimited", message: later.message });
  const broken = new IssuerUnreachableError(ISSUER, new HttpStatusError(ISSUER, 503));
  t.is((await of(broken)).kind, "unreachable");
  t.deepEqual(await of("no error at all"), { kind: "unreachable", message: "no error at all" });
});

test("the issuer is asked anew, whatever is remembered of it", async (t) => {
  const asked: unknown[] = [];
  await askIssuer({ discover: async (...question) => asked.push(question) as never }, ISSUER);
  t.deepEqual(asked, [[ISSUER, { fresh: true }]]);
});

test("a client is taken, refused, has a key that is none, or couldn't be asked about", async (t) => {
  const acme = organization("access/acme", "acme");
  const secret: ClientAuthentication = { kind: "secret", secret: "s3cret" };
  const callback = "https://login.example.com/callback/acme";
  const of = (error?: unknown) => askClient({ checkClient: answering(error) }, acme, secret, callback);
  t.deepEqual(await of(), { kind: "resolved", by: "secret", accepted: true });
  const refused = new InvalidClientError({ clientID: "0oa1", authentication: "secret" }, undefined);
  t.deepEqual(await of(refused), { kind: "rejected", message: refused.message });
  const demanding = new DPoPRequiredError("0oa1");
  t.deepEqual(await of(demanding), { kind: "rejected", message: demanding.message });
  const noKey = new PrivateKeyInvalidError();
  t.deepEqual(await of(noKey), { kind: "invalid", message: noKey.message });
  const unknown = { kind: "resolved", by: "secret", accepted: false } as const;
  const down = new TokenEndpointUnreachableError(dead);
  const note = (error: Error) => `Okta could not be asked about it: ${error.message}`;
  t.deepEqual(await of(down), { ...unknown, note: note(down) });
  const later = new TokenEndpointUnreachableError(busy);
  t.deepEqual(await of(later), { ...unknown, note: note(later), isOpen: true });
});

test("the client is asked about as the organization has it, with its secret and where people come back to", async (t) => {
  const asked: unknown[] = [];
  const acme = organization("access/acme", "acme");
  await askClient(
    { checkClient: async (...question) => void asked.push(question) },
    acme,
    { kind: "none" },
    "https://login.example.com/callback/acme",
  );
  const { issuer, clientID, scopes, claims } = acme.spec.okta;
  t.deepEqual(asked, [
    [
      { issuer, clientID, scopes, claims, authentication: { kind: "none" } },
      "https://login.example.com/callback/acme",
    ],
  ]);
});

test("a directory answers, doesn't and why, or would another time", async (t) => {
  const of = (error?: unknown) => askDirectory({ check: answering(error) } as unknown as Directory);
  t.deepEqual(await of(), { kind: "reachable" });
  const forbidden = new DirectoryForbiddenError("okta.users.read", "grant it.");
  t.deepEqual(await of(forbidden), {
    kind: "failed",
    reason: "DirectoryForbidden",
    message: forbidden.message,
  });
  const limited = new DirectoryRateLimitedError(1_000);
  t.deepEqual(await of(limited), {
    kind: "unread",
    reason: "DirectoryRateLimited",
    message: limited.message,
  });
  t.is((await of(new DirectoryUnreachableError(busy))).kind, "unread");
  t.deepEqual(await of(new Error("what else")), {
    kind: "failed",
    reason: "DirectoryUnreadable",
    message: "what else",
  });
});

test("an answer that would come another time takes nothing back; any other does", (t) => {
  const said = { reason: "R", message: "" };
  const found = { kind: "resolved", by: "none" } as const;
  t.true(isOpen({ kind: "checking" }));
  t.true(isOpen({ kind: "unread", ...said }));
  t.true(isOpen({ ...found, accepted: false, note: "", isOpen: true }));
  t.false(isOpen({ ...found, accepted: false, note: "" }));
  t.false(isOpen({ ...found, accepted: true }));
  t.false(isOpen({ kind: "failed", ...said }));
  t.false(isOpen({ kind: "none" }));
});
