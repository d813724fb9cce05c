import test from "ava";
import { readToken } from "../../../webhook/tokens/token-claims.ts";

const NOW = Date.UTC(2026, 10, 24, 12);
const AUDIENCE = "https://login.example.com/login/acme";
const CLAIMS = {
  aud: [AUDIENCE],
  exp: NOW / 1000 + 3600,
  sub: "system:serviceaccount:break-glass:mia",
  "kubernetes.io": { namespace: "break-glass", serviceaccount: { name: "mia", uid: "u" } },
};

function token(claims: unknown): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.AAAA`;
}

function read(value: string) {
  return readToken(value, { audience: AUDIENCE, now: NOW });
}

test("a token says whose it is, and whether it is a pod's", (t) => {
  const serviceAccount = { namespace: "break-glass", name: "mia" };
  t.deepEqual(read(token(CLAIMS)), { kind: "service-account", serviceAccount, ofPod: false });
  t.like(read(token({ ...CLAIMS, aud: AUDIENCE })), { kind: "service-account" });
  t.like(read(token({ ...CLAIMS, aud: ["x", AUDIENCE] })), { kind: "service-account" });
  const { "kubernetes.io": _, ...bare } = CLAIMS;
  t.like(read(token(bare)), { kind: "service-account", ofPod: false });
  const ofPod = { ...CLAIMS, "kubernetes.io": { ...CLAIMS["kubernetes.io"], pod: { name: "x", uid: "y" } } };
  t.like(read(token(ofPod)), { kind: "service-account", ofPod: true });
  t.like(read(token({ ...CLAIMS, exp: NOW / 1000 - 60 })), { kind: "service-account" }, "clocks differ");
});

test("what can't be a token of a service account for this page is known without asking anybody", (t) => {
  const notValid = {
    "another audience": { ...CLAIMS, aud: ["https://login.example.com/login/beta"] },
    "no audience": { ...CLAIMS, aud: undefined },
    "an audience that only begins like ours": { ...CLAIMS, aud: [`${AUDIENCE}/x`] },
    "long expired": { ...CLAIMS, exp: NOW / 1000 - 3600 },
    "without end": { ...CLAIMS, exp: undefined },
    "no subject": { ...CLAIMS, sub: undefined },
    "no claims": null,
  };
  for (const [what, claims] of Object.entries(notValid)) t.is(read(token(claims)).kind, "not-valid", what);
  const whole = token(CLAIMS);
  const broken = ["", ".", "..", "hello", "a.b", "a.b.c", `${whole}.x`, whole.slice(0, -5), "a\u0000.b.\n"];
  for (const value of broken) t.is(read(value).kind, "not-valid", JSON.stringify(value));
  t.is(read(token({ ...CLAIMS, padding: "a".repeat(20_000) })).kind, "not-valid");
  for (const sub of [
    "ada@acme.example",
    "system:node:n1",
    "system:serviceaccount:a:b:c",
    "system:serviceaccount::b",
    "x:system:serviceaccount:a:b",
  ])
    t.is(read(token({ ...CLAIMS, sub })).kind, "not-a-service-account", sub);
});

test("a token counts for five minutes more than it says, and up to 16,000 characters of it are looked at", (t) => {
  t.is(read(token({ ...CLAIMS, exp: NOW / 1000 - 300 })).kind, "service-account");
  t.is(read(token({ ...CLAIMS, exp: NOW / 1000 - 301 })).kind, "not-valid");
  const whole = token({ ...CLAIMS, padding: "" });
  const signed = (length: number) => `${whole}${"A".repeat(length - whole.length)}`;
  t.is(read(signed(16_000)).kind, "service-account");
  t.is(read(signed(16_001)).kind, "not-valid");
});
