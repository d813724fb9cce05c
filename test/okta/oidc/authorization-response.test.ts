import test from "ava";
import { checkAuthorizationResponse } from "../../../okta/oidc/authorization-response.ts";
import {
  AuthorizationFailedError,
  CallbackInvalidError,
  IssuerMixUpError,
  StateMismatchError,
} from "../../../okta/oidc/login-errors.ts";

const issuer = { issuer: "https://acme.okta.com" };
const saysIssuer = { ...issuer, authorization_response_iss_parameter_supported: true };
const STATE = "a-state";
const good = { state: STATE, code: "c" };

function check(parameters: Record<string, string> | [string, string][], from: typeof issuer = issuer): void {
  checkAuthorizationResponse(new URLSearchParams(parameters), STATE, from);
}

test("an answer to this very sign-in with a code is taken, with its issuer where it says one", (t) => {
  t.notThrows(() => check(good));
  t.notThrows(() => check({ ...good, iss: issuer.issuer }));
  t.notThrows(() => check({ ...good, iss: issuer.issuer }, saysIssuer));
  t.notThrows(() => check(good, { ...issuer, ...{ authorization_response_iss_parameter_supported: false } }));
});

test("without the state nothing is believed, not even an error", (t) => {
  for (const parameters of [
    {},
    { code: "c" },
    { ...good, state: "" },
    { ...good, state: "a-statf" },
    { ...good, state: `${STATE}x` },
    { ...good, state: STATE.slice(1) },
    { error: "access_denied" },
    { error: "access_denied", state: "another", iss: "https://evil.example.com" },
  ])
    t.throws(() => check({ ...parameters } as Record<string, string>), { instanceOf: StateMismatchError });
});

test("an answer by another issuer is none, nor one without an issuer where it always says it", (t) => {
  t.throws(() => check({ ...good, iss: "https://evil.example.com" }), { instanceOf: IssuerMixUpError });
  t.throws(() => check({ ...good, iss: "" }), { instanceOf: IssuerMixUpError });
  t.throws(() => check(good, saysIssuer), { instanceOf: IssuerMixUpError });
  t.throws(() => check({ state: STATE, error: "server_error" }, saysIssuer), {
    instanceOf: IssuerMixUpError,
  });
});

test("an error is said with Okta's words; a refusal is one of its own", (t) => {
  const failed = t.throws(
    () => check({ state: STATE, error: "server_error", error_description: "Something broke." }),
    { instanceOf: AuthorizationFailedError },
  );
  t.regex(failed.message, /server_error: .*Something broke\./);
  const bare = t.throws(() => check({ state: STATE, error: "server_error" }), {
    instanceOf: AuthorizationFailedError,
  });
  t.notRegex(bare.message, /null|undefined/);
  t.throws(() => check({ state: STATE, error: "access_denied", code: "c" }), {
    message: /refused the sign-in/,
  });
});

test("each parameter comes once, and a code is there", (t) => {
  for (const name of ["state", "iss", "code", "error", "error_description"]) {
    const twice: [string, string][] = [...Object.entries(good), [name, "x"], [name, "x"]];
    t.throws(() => check(twice), {
      instanceOf: CallbackInvalidError,
      message: new RegExp(`two values for ${name}`),
    });
  }
  t.notThrows(
    () => check([...Object.entries(good), ["other", "1"], ["other", "2"]]),
    "others are no concern",
  );
  for (const parameters of [{ state: STATE }, { state: STATE, code: "" }] as Record<string, string>[])
    t.throws(() => check(parameters), { instanceOf: CallbackInvalidError, message: /no code/ });
});
