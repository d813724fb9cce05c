import test from "ava";
import type { Client, Draft, KubernetesObject } from "../../../kubernetes/index.ts";
import { mayRead } from "../../../webhook/tokens/access-reviews.ts";
import { reviewToken } from "../../../webhook/tokens/token-reviews.ts";
import { exactly } from "../../exactly.ts";

/** An API server that gives every review this status: a real one gives few of them, and those not when a test wants it. */
function answering(status: object | undefined) {
  const asked: { plural: string; draft: object; options: unknown }[] = [];
  const client: Pick<Client, "create"> = {
    create: async <T extends KubernetesObject>(
      { plural }: { plural: string },
      draft: Draft<T>,
      options: unknown,
    ) => {
      asked.push({ plural, draft, options });
      return { ...draft, ...(status ? { status } : {}) } as KubernetesObject as T;
    },
  };
  return { client, asked };
}

const AUDIENCE = "https://login.example.com/login/acme";
const user = {
  username: "system:serviceaccount:team:mia",
  uid: "u",
  groups: ["system:serviceaccounts"],
  extra: { "authentication.kubernetes.io/credential-id": ["JTI=1"] },
};
const authenticated = { authenticated: true, audiences: [AUDIENCE], user };

test("a token that the API server knows for this audience is its service account's", async (t) => {
  const { client, asked } = answering(authenticated);
  t.deepEqual(await reviewToken(client, "a.b.c", AUDIENCE), {
    kind: "service-account",
    serviceAccount: { namespace: "team", name: "mia" },
    user,
    ofPod: false,
  });
  t.like(asked[0], {
    plural: "tokenreviews",
    draft: {
      apiVersion: "authentication.k8s.io/v1",
      kind: "TokenReview",
      metadata: {},
      spec: { token: "a.b.c", audiences: exactly(AUDIENCE) },
    },
    options: { idempotent: true },
  });
});

test("a pod's token is told from one that was made for this", async (t) => {
  const extra = { ...user.extra, "authentication.kubernetes.io/pod-name": ["a-pod"] };
  const { client } = answering({ ...authenticated, user: { ...user, extra } });
  t.like(await reviewToken(client, "a.b.c", AUDIENCE), { kind: "service-account", ofPod: true });
});

test("whatever the API server doesn't say in so many words isn't so", async (t) => {
  for (const [status, kind] of [
    [undefined, "not-valid"],
    [{}, "not-valid"],
    [{ ...authenticated, authenticated: false }, "not-valid"],
    [{ ...authenticated, audiences: undefined }, "not-valid"],
    [{ ...authenticated, audiences: [] }, "not-valid"],
    [{ ...authenticated, audiences: [`${AUDIENCE}/`] }, "not-valid"],
    [{ ...authenticated, user: undefined }, "not-a-service-account"],
    [{ ...authenticated, user: { username: "mia@acme.example" } }, "not-a-service-account"],
  ] as const)
    t.deepEqual(
      await reviewToken(answering(status).client, "a.b.c", AUDIENCE),
      { kind },
      JSON.stringify(status),
    );
  const { username } = user;
  t.like(await reviewToken(answering({ ...authenticated, user: { username } }).client, "a.b.c", AUDIENCE), {
    kind: "service-account",
    user: { username, uid: undefined, groups: [], extra: {} },
    ofPod: false,
  });
});

test("a right is asked about by all that Kubernetes knows of its user, and held only where it says so", async (t) => {
  const right = { verb: "get", namespace: "team", name: "acme-ada" } as const;
  const { client, asked } = answering({ allowed: true });
  t.true(await mayRead(client, user, right));
  t.like(asked[0], {
    plural: "subjectaccessreviews",
    draft: { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", metadata: {} },
    options: { idempotent: true },
  });
  const attributes = { ...right, group: "rolemapping.dev", resource: "organizationusers" };
  const { username, ...others } = user;
  t.deepEqual(specOf(asked[0]?.draft), { user: username, ...others, resourceAttributes: attributes });
  t.true(await mayRead(client, { ...user, uid: undefined }, right));
  t.false("uid" in specOf(asked[1]?.draft));
  for (const status of [undefined, {}, { allowed: false }, { allowed: "true" }])
    t.false(await mayRead(answering(status).client, user, right), JSON.stringify(status));
});

function specOf(draft: object | undefined): object {
  return (draft as { spec?: object } | undefined)?.spec ?? {};
}
