# Verifies what okta-role-operator's door says of whoever makes a request, with PyJWT (pip install 'pyjwt[crypto]').
import json
import os
import sys

import jwt

WEBHOOK = os.environ.get("WEBHOOK", "https://login.example.com")
AUDIENCE = os.environ.get("AUDIENCE", "access/acme@app.example.com")

# Fetched when they are needed, kept for five minutes, and fetched again when a key isn't known.
keys = jwt.PyJWKClient(f"{WEBHOOK}/.well-known/jwks.json", lifespan=300)


def who_is(assertion):
    """Of the request's header X-Auth-Request-Assertion. Raises jwt.PyJWTError when it isn't one to trust."""
    claims = jwt.decode(
        assertion,
        keys.get_signing_key_from_jwt(assertion).key,
        algorithms=["ES256"],
        issuer=WEBHOOK,
        audience=AUDIENCE,
        leeway=5,
        options={"require": ["sub", "exp", "iss", "aud"]},
    )
    return {"user": claims["sub"], "roles": claims["roles"]}


print(json.dumps(who_is(sys.argv[1])))
