import test from "ava";
import { type Exchange, loadContract, skipMessage } from "./contract.ts";

const contract = loadContract();

const good: Exchange = {
  method: "GET",
  url: new URL("http://okta.example/api/v1/groups/00g1?"),
  requestHeaders: {},
  requestBody: "",
  status: 200,
  headers: {},
  body: JSON.stringify({ id: "00g1", type: "OKTA_GROUP", profile: { name: "ops" } }),
};

test("an exchange as Okta documents it holds", (t) => {
  if (!contract) return void t.pass(skipMessage);
  t.deepEqual(contract.violations(good), []);
});

test("what Okta wouldn't answer, or take, is found", (t) => {
  if (!contract) return void t.pass(skipMessage);
  const bad: Record<string, Partial<Exchange>> = {
    "no such operation": { url: new URL("http://okta.example/api/v1/nonsense") },
    "query parameter page": { url: new URL("http://okta.example/api/v1/groups?page=2") },
    "must NOT have unevaluated": { body: '{"id": "00g1", "colour": "red"}' },
    "must be equal to one of the allowed values": { body: '{"id": "00g1", "type": "SOME_GROUP"}' },
    "must be string": { body: '{"id": 7}' },
    "this status isn't declared": { status: 418 },
    "query parameter state is missing": {
      url: new URL(
        "http://okta.example/oauth2/v1/authorize?client_id=a&redirect_uri=b&response_type=code&scope=openid",
      ),
      status: 302,
    },
    "must have required property 'code'": {
      method: "POST",
      url: new URL("http://okta.example/oauth2/v1/token"),
      requestHeaders: { "content-type": "application/x-www-form-urlencoded" },
      requestBody: "grant_type=authorization_code",
      body: "{}",
    },
    "date-time": { body: '{"created": "yesterday"}' },
    "password must NOT have unevaluated": {
      url: new URL("http://okta.example/api/v1/users/00u1"),
      body: '{"credentials": {"password": {"value": "secret"}}}',
    },
  };
  for (const [words, change] of Object.entries(bad)) {
    const violations = contract.violations({ ...good, ...change });
    t.true(violations.join("\n").includes(words), `${words}\n${violations.join("\n")}`);
  }
});
