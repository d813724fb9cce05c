import { createHash, generateKeyPairSync, type KeyObject } from "node:crypto";
import { inspect } from "node:util";
import test from "ava";
import { calculateJwkThumbprint, decodeProtectedHeader, EmbeddedJWK, jwtVerify } from "jose";
import {
  DirectoryForbiddenError,
  DirectoryRateLimitedError,
  DirectoryUnauthorizedError,
} from "../../../okta/directory/directory-errors.ts";
import type { Call } from "../server.ts";
import { Org, oktaError, rate } from "./org.ts";

const TOKEN = "/oauth2/v1/token";
const GROUPS = "/api/v1/groups";
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PEM = pem(privateKey);

function pem(key: KeyObject, type: "pkcs8" | "pkcs1" = "pkcs8"): string {
  return key.export({ type, format: "pem" }).toString();
}

/** An org that gives out tokens by client credentials. */
async function start({ dpop = false } = {}) {
  const org = await Org.start();
  const state = { nonce: "nonce-1", thumbprint: "", issued: 0, tokenNonces: true };
  org.server.routes[TOKEN] = async (call) => {
    if (dpop) {
      const missing = {
        error: "invalid_dpop_proof",
        error_description: "The DPoP proof JWT header is missing.",
      };
      if (!call.headers.dpop) return { status: 400, body: missing };
      const proof = await verifiedProof(call, `${org.server.url}${TOKEN}`);
      const again = {
        error: "use_dpop_nonce",
        error_description: "Authorization server requires nonce in DPoP proof.",
      };
      if (proof.nonce !== state.nonce)
        return { status: 400, headers: { "dpop-nonce": state.nonce }, body: again };
      state.thumbprint = proof.thumbprint;
    }
    const token = {
      access_token: `token-${++state.issued}`,
      expires_in: 3600,
      token_type: dpop ? "DPoP" : "Bearer",
    };
    return { body: token };
  };
  org.server.routes[GROUPS] = () => ({ body: [], headers: rate(1000, 999, 60) });
  return Object.assign(org, { state });
}

async function verifiedProof(call: Call, url: string) {
  const { payload, protectedHeader } = await jwtVerify(String(call.headers.dpop), EmbeddedJWK, {
    typ: "dpop+jwt",
  });
  if (payload.htm !== call.method || payload.htu !== url || !payload.jti)
    throw new Error("the proof is for something else");
  const thumbprint = await calculateJwkThumbprint(protectedHeader.jwk ?? {});
  return { nonce: payload.nonce, ath: payload.ath, jti: payload.jti, thumbprint };
}

test("a service app proves who it is by its private key", async (t) => {
  await using org = await start();
  await org.serviceApp(PEM).check();
  const [{ form } = { form: new URLSearchParams() }] = org.server.callsTo(TOKEN);
  t.is(form.get("grant_type"), "client_credentials");
  t.is(form.get("scope"), "okta.groups.read okta.users.read okta.logs.read");
  t.is(form.get("client_assertion_type"), "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
  const audience = `${org.server.url}${TOKEN}`;
  const { payload } = await jwtVerify(form.get("client_assertion") ?? "", publicKey, {
    issuer: "0oa2",
    subject: "0oa2",
    audience,
  });
  t.true((payload.exp ?? 0) - (payload.iat ?? 0) <= 3600);
  t.truthy(payload.jti);
  t.is(org.server.callsTo(GROUPS)[0]?.headers.authorization, "Bearer token-1");
});

test("one token serves many calls, and all who need it at the same time", async (t) => {
  await using org = await start();
  const directory = org.serviceApp(PEM);
  await Promise.all([directory.check(), directory.check(), directory.check()]);
  await directory.check();
  t.is(org.server.callsTo(TOKEN).length, 1);
});

test("a token is renewed a minute before it ends", async (t) => {
  await using org = await start();
  const directory = org.serviceApp(PEM);
  await directory.check();
  org.now = 3_539_000;
  await directory.check();
  t.is(org.state.issued, 1);
  org.now = 3_540_000;
  await directory.check();
  t.is(org.state.issued, 2);
});

test("a token lasts until a minute before its end, or half-way where it doesn't last two", async (t) => {
  await using org = await start();
  for (const [expires_in, renewedS] of [
    [121, 61],
    [119, 59.5],
    [60, 30],
    [undefined, 240],
    ["soon", 240],
    [0, 240],
  ] as const) {
    let issued = 0;
    org.server.routes[TOKEN] = () => ({
      body: { access_token: `token-${++issued}`, token_type: "Bearer", expires_in },
    });
    const directory = org.serviceApp(PEM);
    await directory.check();
    org.now += renewedS * 1_000 - 1;
    await directory.check();
    t.is(issued, 1, String(expires_in));
    org.now += 1;
    await directory.check();
    t.is(issued, 2, String(expires_in));
  }
});

test("a token is sent as the kind that it is, however that is written", async (t) => {
  await using org = await start();
  for (const [token_type, sent] of [
    ["bearer", "Bearer token-1"],
    ["dPoP", "DPoP token-1"],
  ] as const) {
    org.server.routes[TOKEN] = () => ({ body: { access_token: "token-1", token_type, expires_in: 3600 } });
    await org.serviceApp(PEM).check();
    t.is(org.server.callsTo(GROUPS).at(-1)?.headers.authorization, sent);
  }
});

test("what the token endpoint refuses is told in Okta's words, or by Okta's name for it", async (t) => {
  await using org = await start();
  const described = { error_description: "In\r\nwords." };
  for (const [status, body, code, words] of [
    [400, { error: "consent_required", ...described }, "directory-forbidden", /\(Okta says In words\.\)$/],
    [400, { error: "invalid_scope" }, "directory-forbidden", /users\.read.*\(Okta says invalid_scope\.\)/],
    [401, { error: "invalid_client", ...described }, "directory-unauthorized", /privateKeyRef.*In words/],
    [401, { error: "invalid_client" }, "directory-unauthorized", /\(Okta says invalid_client\.\)/],
    [400, "<html>", "directory-invalid-answer", /token answered with status 400\.$/],
    [499, { error: 7 }, "directory-invalid-answer", /token answered with status 499\.$/],
    [399, { error: "invalid_client" }, "directory-invalid-answer", /status 399/],
    [500, { error: "invalid_client" }, "directory-unreachable", /status 500/],
  ] as const) {
    org.server.routes[TOKEN] = () => ({ status, body });
    const error = await t.throwsAsync<Error & { code: string }>(
      org.serviceApp(PEM, { maxWaitMs: 0 }).check(),
    );
    t.is(error?.code, code, `${status}`);
    t.regex(error?.message ?? "", words);
  }
});

test("an app that requires DPoP gets it, nonce and all", async (t) => {
  await using org = await start({ dpop: true });
  await org.serviceApp(PEM).check();
  t.is(org.server.callsTo(TOKEN).length, 3, "that DPoP is required, the nonce, the token");
  const [call] = org.server.callsTo(GROUPS);
  t.truthy(call);
  if (!call) return;
  t.is(call.headers.authorization, "DPoP token-1");
  const proof = await verifiedProof(call, `${org.server.url}${GROUPS}`);
  t.is(proof.ath, createHash("sha256").update("token-1").digest("base64url"));
  t.is(proof.thumbprint, org.state.thumbprint, "the token is bound to this key");
});

test("no two proofs are the same", async (t) => {
  await using org = await start({ dpop: true });
  const directory = org.serviceApp(PEM);
  await Promise.all([directory.check(), directory.check()]);
  const proofs = await Promise.all(
    org.server.callsTo(GROUPS).map((call) => verifiedProof(call, `${org.server.url}${GROUPS}`)),
  );
  t.is(new Set(proofs.map(({ jti }) => jti)).size, 2);
});

test("a nonce that the API asks for is sent along", async (t) => {
  await using org = await start({ dpop: true });
  org.server.routes[GROUPS] = async (call) => {
    const { nonce } = await verifiedProof(call, `${org.server.url}${GROUPS}`);
    const headers = { "dpop-nonce": "nonce-2", "www-authenticate": 'DPoP error="use_dpop_nonce"' };
    return nonce === "nonce-2" ? { body: [] } : { status: 401, headers };
  };
  await t.notThrowsAsync(org.serviceApp(PEM).check());
  t.is(org.state.issued, 1, "the token is still good");
});

test("a token that Okta has withdrawn is renewed once", async (t) => {
  await using org = await start();
  org.server.routes[GROUPS] = ({ headers }) =>
    headers.authorization === "Bearer token-2" ? { body: [] } : oktaError(401, "E0000011");
  const directory = org.serviceApp(PEM);
  await t.notThrowsAsync(directory.check());
  org.server.routes[GROUPS] = () => oktaError(401, "E0000011");
  const error = await t.throwsAsync(directory.check(), { instanceOf: DirectoryUnauthorizedError });
  t.regex(error.message, /privateKeyRef/);
  t.true(org.state.issued <= 4);
});

test("a token that was withdrawn and a nonce after it are one read", async (t) => {
  await using org = await start({ dpop: true });
  org.server.routes[GROUPS] = async (call) => {
    if (call.headers.authorization === "DPoP token-1") return oktaError(401, "E0000011");
    const { nonce } = await verifiedProof(call, `${org.server.url}${GROUPS}`);
    const headers = { "dpop-nonce": "nonce-2", "www-authenticate": 'DPoP error="use_dpop_nonce"' };
    return nonce === "nonce-2" ? { body: [] } : { status: 401, headers };
  };
  await t.notThrowsAsync(org.serviceApp(PEM).check());
  t.is(org.state.issued, 2);
});

test("reads that are refused at the same time renew the token once, and all succeed", async (t) => {
  await using org = await start();
  const directory = org.serviceApp(PEM);
  await directory.check();
  const [both, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let refused = 0;
  org.server.routes[GROUPS] = async ({ headers }) => {
    if (headers.authorization === "Bearer token-2") {
      late.resolve();
      return { body: [] };
    }
    // Both have come with the old token before one hears of it; the other hears of it when there is a new one.
    const mine = ++refused;
    if (mine === 2) both.resolve();
    await (mine === 1 ? both.promise : late.promise);
    return oktaError(401, "E0000011");
  };
  await Promise.all([directory.check(), directory.check()]);
  t.is(org.state.issued, 2);
});

test("reads that are refused at the same time for the same nonce succeed with the token they have", async (t) => {
  await using org = await start({ dpop: true });
  const directory = org.serviceApp(PEM);
  await directory.check();
  let refused = 0;
  const both = Promise.withResolvers<void>();
  org.server.routes[GROUPS] = async (call) => {
    const { nonce } = await verifiedProof(call, `${org.server.url}${GROUPS}`);
    if (nonce === "nonce-2") return { body: [] };
    if (++refused === 2) both.resolve();
    await both.promise;
    const headers = { "dpop-nonce": "nonce-2", "www-authenticate": 'DPoP error="use_dpop_nonce"' };
    return { status: 401, headers };
  };
  await Promise.all([directory.check(), directory.check()]);
  t.is(refused, 2);
  t.is(org.state.issued, 1);
});

test("a key that Okta doesn't know is named", async (t) => {
  await using org = await start();
  org.server.routes[TOKEN] = () => ({
    status: 401,
    body: { error: "invalid_client", error_description: "The client_assertion signature is invalid." },
  });
  const error = await t.throwsAsync(org.serviceApp(PEM).check(), { instanceOf: DirectoryUnauthorizedError });
  t.regex(error.message, /privateKeyRef.*signature is invalid/s);
});

test("where Okta doesn't know the first key yet, the next one signs", async (t) => {
  await using org = await start();
  const next = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const token = org.server.routes[TOKEN];
  org.server.routes[TOKEN] = async (call) => {
    const known = await jwtVerify(call.form.get("client_assertion") ?? "", publicKey).catch(() => undefined);
    const body = { error: "invalid_client", error_description: "The client_assertion signature is invalid." };
    return known ? token?.(call) : { status: 401, body };
  };
  await t.notThrowsAsync(org.serviceApp(`${pem(next)}\n${PEM}`).check());
  t.is(org.server.callsTo(TOKEN).length, 2);
  await t.throwsAsync(org.serviceApp(`${pem(next)}\n${pem(next)}`).check(), {
    code: "directory-unauthorized",
    message: /privateKeyRef/,
  });
});

test("a wrong clock is named, and not the key", async (t) => {
  await using org = await start();
  const anHourLater = { date: new Date(Date.now() + 3_600_000).toUTCString() };
  for (const error of ["invalid_client", "invalid_dpop_proof"]) {
    const body = { error, error_description: "The client_assertion token is expired." };
    org.server.routes[TOKEN] = () => ({ status: 401, headers: anHourLater, body });
    const refusal = await t.throwsAsync(org.serviceApp(PEM).check(), {
      instanceOf: DirectoryUnauthorizedError,
    });
    t.regex(refusal.message, /clock here is 3\d{3} seconds behind Okta's.*is expired/s);
    t.notRegex(refusal.message, /privateKeyRef/);
  }
});

test("a scope that was never granted is named", async (t) => {
  await using org = await start();
  org.server.routes[TOKEN] = () => ({
    status: 400,
    body: { error: "invalid_scope", error_description: "Not granted." },
  });
  const error = await t.throwsAsync(org.serviceApp(PEM).check(), { instanceOf: DirectoryForbiddenError });
  t.regex(error.message, /okta\.groups\.read and okta\.users\.read/);
});

/** Grants what was granted, as Okta does: all that is asked for, or nothing. */
function grants(org: Awaited<ReturnType<typeof start>>, scopes: () => readonly string[]): void {
  const issue = org.server.routes[TOKEN];
  org.server.routes[TOKEN] = (call) => {
    const refused = (call.form.get("scope") ?? "").split(" ").some((scope) => !scopes().includes(scope));
    return refused ? { status: 400, body: { error: "invalid_scope" } } : issue?.(call);
  };
  const link = `<${org.server.url}/api/v1/logs?after=1>; rel="next"`;
  org.server.routes["/api/v1/logs"] = () => ({ body: [], headers: { link } });
}

test("an app that may not read the System Log reads groups and users as ever, and says what the log needs", async (t) => {
  await using org = await start();
  grants(org, () => ["okta.groups.read", "okta.users.read"]);
  const directory = org.serviceApp(PEM);
  await t.notThrowsAsync(directory.check());
  for (let n = 0; n < 3; n++) {
    const error = await t.throwsAsync(directory.events({ after: "0" }), {
      instanceOf: DirectoryForbiddenError,
    });
    t.is(error.scope, "okta.logs.read");
    t.regex(error.message, /grant the scope okta\.logs\.read to the service app.*may view the System Log/);
  }
  await t.notThrowsAsync(directory.check());
  t.is(org.server.callsTo(TOKEN).length, 2, "Okta isn't asked for it each time");
  t.is(org.server.callsTo("/api/v1/logs").length, 0);
});

test("a scope that is granted later is found within five minutes", async (t) => {
  await using org = await start();
  let granted = ["okta.groups.read", "okta.users.read"];
  grants(org, () => granted);
  const directory = org.serviceApp(PEM);
  await t.throwsAsync(directory.events({ after: "0" }), { code: "directory-forbidden" });
  granted = [...granted, "okta.logs.read"];
  org.now = 299_999;
  await t.throwsAsync(directory.events({ after: "0" }), { code: "directory-forbidden" });
  org.now = 300_000;
  await t.notThrowsAsync(directory.events({ after: "0" }));
});

test("a token that says it grants less than was asked for is taken at its word", async (t) => {
  await using org = await start();
  const scope = "okta.groups.read okta.users.read";
  org.server.routes[TOKEN] = () => ({
    body: { access_token: "token-1", expires_in: 3600, token_type: "Bearer", scope },
  });
  const directory = org.serviceApp(PEM);
  await t.notThrowsAsync(directory.check());
  await t.throwsAsync(directory.events({ after: "0" }), {
    code: "directory-forbidden",
    message: /okta\.logs\.read/,
  });
});

test("an app that requires DPoP and lacks the scope of the log is read as well", async (t) => {
  await using org = await start({ dpop: true });
  grants(org, () => ["okta.groups.read", "okta.users.read"]);
  await t.notThrowsAsync(org.serviceApp(PEM).check());
});

test("an app without an admin role is told so", async (t) => {
  await using org = await start();
  org.server.routes[GROUPS] = () => oktaError(403, "E0000006");
  const error = await t.throwsAsync(org.serviceApp(PEM).check(), { instanceOf: DirectoryForbiddenError });
  t.regex(error.message, /okta\.groups\.read.*admin role/);
});

for (const [what, answer, code] of [
  ["is down", { status: 503 }, "directory-unreachable"],
  ["is busy", { status: 429, headers: { "retry-after": "9" } }, "directory-rate-limited"],
  ["answers with a page", { body: "<html>" }, "directory-invalid-answer"],
  ["gives no token", { body: {} }, "directory-invalid-answer"],
  ["redirects", { status: 302 }, "directory-invalid-answer"],
  [
    "never has enough of nonces",
    { status: 400, body: { error: "use_dpop_nonce" } },
    "directory-unauthorized",
  ],
] as const) {
  test(`a token endpoint that ${what} is an error of the directory`, async (t) => {
    await using org = await start();
    org.server.routes[TOKEN] = () => answer;
    await t.throwsAsync(org.serviceApp(PEM, { maxWaitMs: 0 }).check(), { code });
    t.is(org.server.callsTo(GROUPS).length, 0);
  });
}

test("a token endpoint that says come back at once isn't taken at its word", async (t) => {
  await using org = await start();
  for (const retryAfter of ["0", "Sat, 01 Jan 2000 00:00:00 GMT"]) {
    org.waits.length = 0;
    org.server.routes[TOKEN] = () => ({ status: 429, headers: { "retry-after": retryAfter } });
    const error = await t.throwsAsync(org.serviceApp(PEM).check(), { instanceOf: DirectoryRateLimitedError });
    t.is(error.retryAfterMs, 4_000);
    for (const [index, least] of [500, 1_000, 2_000].entries()) t.true((org.waits[index] ?? 0) >= least);
    t.is(org.waits.length, 3);
  }
});

test("keys come in several forms", async (t) => {
  await using org = await start();
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const jwk = JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "key-1", alg: "RS256" });
  for (const [key, header] of [
    [PEM, { alg: "RS256" }],
    [`\n${pem(privateKey, "pkcs1")}\n`, { alg: "RS256" }],
    [jwk, { alg: "RS256", kid: "key-1" }],
    [pem(ec), { alg: "ES256" }],
    [JSON.stringify(ec.export({ format: "jwk" })), { alg: "ES256" }],
  ] as const) {
    await org.serviceApp(key).check();
    const sent = org.server.callsTo(TOKEN).at(-1)?.form.get("client_assertion") ?? "";
    t.deepEqual(decodeProtectedHeader(sent), header);
  }
});

test("a key that can't be used is refused, and not shown", async (t) => {
  await using org = await Org.start();
  const ed25519 = pem(generateKeyPairSync("ed25519").privateKey);
  const jwk = JSON.stringify(privateKey.export({ format: "jwk" }));
  for (const key of [
    "",
    "not a key",
    pem(privateKey).slice(0, 400),
    jwk.slice(0, -20),
    '{"kty":"oct","k":"c2VjcmV0"}',
    ed25519,
  ]) {
    const error = t.throws(() => org.serviceApp(key), { instanceOf: DirectoryUnauthorizedError });
    const shown = inspect(error, { depth: 20, showHidden: true });
    for (const part of key.split("\n").filter((line) => line.length > 20 && !line.startsWith("---")))
      t.false(shown.includes(part.slice(0, 20)), shown);
  }
});

test("a parser's complaint about a key doesn't quote it", async (t) => {
  await using org = await Org.start();
  const error = t.throws(() => org.serviceApp('{"kty":"RSA","d":Secret}'), {
    instanceOf: DirectoryUnauthorizedError,
  });
  t.false(inspect(error, { depth: 20, showHidden: true }).includes("Secret}"));
});

test("no key, assertion or token is in an error, however deep one looks", async (t) => {
  await using org = await start();
  const errors: unknown[] = [];
  org.server.routes[GROUPS] = () => oktaError(403, "E0000006");
  errors.push(await t.throwsAsync(org.serviceApp(PEM).check()));
  org.server.routes[TOKEN] = () => ({ status: 401, body: { error: "invalid_client" } });
  errors.push(await t.throwsAsync(org.serviceApp(PEM).check()));
  const shown = inspect(errors, { depth: 20, showHidden: true });
  for (const secret of ["token-1", "eyJ", PEM.slice(40, 80)]) t.false(shown.includes(secret));
});
