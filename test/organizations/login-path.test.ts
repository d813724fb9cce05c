import test from "ava";
import fc from "fast-check";
import type { Organization } from "../../crds/types.ts";
import { holderOf } from "../../organizations/login-path.ts";

test("the oldest organization holds a login path; of two of the same second, the one with the smaller uid", (t) => {
  const first = organization("b", "2026-01-01T00:00:00Z");
  const second = organization("a", "2026-01-01T00:00:01Z");
  const twin = organization("c", "2026-01-01T00:00:00Z");
  t.is(holderOf([second, first, twin]), first);
  t.is(holderOf([second]), second);
  t.is(holderOf([]), undefined);
});

test("everybody comes to the same holder, in whatever order they look", (t) => {
  const some = fc.uniqueArray(fc.tuple(fc.uuid(), fc.integer({ min: 0, max: 3 })), {
    selector: ([uid]) => uid,
    minLength: 1,
  });
  t.notThrows(() =>
    fc.assert(
      fc.property(some, fc.nat(), (given, seed) => {
        const all = given.map(([uid, second]) => organization(uid, `2026-01-01T00:00:0${second}Z`));
        const turned = all.map((_, i) => all[(i + seed) % all.length]).filter((item) => item !== undefined);
        return holderOf(all) === holderOf(turned) && holderOf(all) === holderOf([...all].reverse());
      }),
    ),
  );
});

test("whoever isn't stored yet is younger than who is", (t) => {
  const stored = organization("z", "2026-01-01T00:00:00Z");
  const { creationTimestamp: _, ...metadata } = organization("a", "").metadata;
  t.is(holderOf([{ ...stored, metadata }, stored]), stored);
});

function organization(uid: string, creationTimestamp: string): Organization {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "Organization",
    metadata: { name: uid, namespace: "demo", uid, creationTimestamp },
    spec: {
      displayName: uid,
      loginPath: "acme",
      okta: {
        issuer: "https://acme.okta.com",
        clientID: "0oa1",
        clientSecretRef: { name: "s", key: "k" },
        scopes: [],
        claims: { groups: "groups", email: "email", name: "name" },
      },
      roles: [],
      sessions: { maxAge: "12h" },
      safeguards: { maxDeactivations: "20%" },
      console: { editMappings: false },
    },
  };
}
