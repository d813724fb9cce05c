// Verifies what okta-role-operator's door says of whoever makes a request, with jose (npm install jose).
import { createRemoteJWKSet, jwtVerify } from "jose";

const WEBHOOK = process.env.WEBHOOK ?? "https://login.example.com";
const AUDIENCE = process.env.AUDIENCE ?? "access/acme@app.example.com";

// Fetched when they are needed, kept, and fetched again when a key isn't known.
const keys = createRemoteJWKSet(new URL("/.well-known/jwks.json", WEBHOOK));

/** @param assertion the request's header X-Auth-Request-Assertion. Throws when it isn't one to trust. */
export async function whoIs(assertion) {
  const { payload } = await jwtVerify(assertion, keys, {
    issuer: WEBHOOK,
    audience: AUDIENCE,
    algorithms: ["ES256"],
    requiredClaims: ["sub", "exp"],
    clockTolerance: 5,
  });
  return { user: payload.sub, roles: payload.roles };
}

console.log(JSON.stringify(await whoIs(process.argv[2] ?? "")));
