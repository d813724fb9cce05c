import { randomUUID } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { organizations, organizationUsers } from "../../crds/resources.ts";
import { apiRequest } from "../../dev/control-plane/api-request.ts";
import { type ControlPlane, startControlPlane } from "../../dev/control-plane/control-plane.ts";
import { installCrds } from "../../dev/control-plane/install.ts";
import { CookieJar, startOkta } from "../../dev/okta/index.ts";
import type { KubernetesObject, ResourceType } from "../../kubernetes/index.ts";
import { createTestCluster, serveToo, type TestCluster, waitFor } from "../cluster.ts";
import { connect } from "../kubernetes/api-server.ts";
import { mappingObject, organizationObject, secret } from "../operator/operator-under-test.ts";
import { productInProcess } from "./product-in-process.ts";

/*
 * One release, two tenants, each with a namespace. Whatever the second one does or suffers, the first one's people go on
 * signing in, their sessions go on, and its mappings become ready.
 */

let controlPlane: ControlPlane;

test.before(async () => {
  controlPlane = await startControlPlane();
  await installCrds(controlPlane);
  // As in the chart, the product is known by its name, and so in every namespace that it watches.
  const admin = await createTestCluster(controlPlane.description);
  const byProduct = "request.userInfo.username.endsWith(':okta-role-operator')";
  const patch = [{ op: "replace", path: "/spec/variables/1/expression", value: byProduct }];
  const policy = ["validatingadmissionpolicy", "organizationusers.rolemapping.dev"];
  await admin.kubectl("patch", ...policy, "--type=json", "-p", JSON.stringify(patch));
  const account = "system:serviceaccount:elsewhere:okta-role-operator";
  const path = `${pathOf(admin, "organizationusers")}?dryRun=All`;
  await waitFor(
    async () => {
      const body = person("somebody", "https://acme.okta.com");
      const { status } = await apiRequest(controlPlane.admin, "POST", path, { body, impersonate: account });
      return status === 201 ? true : undefined;
    },
    { what: "the policy to know the product everywhere" },
  );
  await admin.remove();
});

test.after.always(() => controlPlane.stop());

async function twoTenants(t: ExecutionContext) {
  const own = await createTestCluster(controlPlane.description);
  const neighbour = await createTestCluster(controlPlane.description);
  t.teardown(() => neighbour.remove());
  // The program's own default: what floods the neighbour here shares two cores with everything that is to go on.
  const product = await productInProcess(t, { own, neighbour, maxStalenessMs: 30_000 });
  const { cluster, signIn, sessionOf } = product;
  await product.untilServed();
  const ada = new CookieJar();
  t.is(await signIn(ada), 303);

  let turns = 0;
  /** All that the first tenant does, once. */
  const goOn = async (): Promise<void> => {
    turns++;
    t.is(await sessionOf(ada), 200, "her session goes on");
    t.is(await signIn(), 303, "she signs in");
    const name = `turn-${turns}`;
    await cluster.apply(mappingObject(name, [name], ["service-admin"]));
    await isReady(cluster, "orm", name);
  };
  /** Does something to the second tenant, while the first one goes on; afterwards, too. */
  const unnoticed = async (happens: () => Promise<unknown>): Promise<void> => {
    let isOver = false;
    const over = happens().finally(() => {
      isOver = true;
    });
    // Awaited below; where the first tenant fails before, that is what the test says.
    over.catch(() => undefined);
    while (!isOver) await goOn();
    await over;
    await goOn();
  };
  return { ...product, neighbour, unnoticed };
}

function within({ namespace }: TestCluster, object: object): object {
  return { ...object, metadata: { ...("metadata" in object ? (object.metadata as object) : {}), namespace } };
}

function pathOf({ namespace }: TestCluster, plural: string): string {
  return `/apis/rolemapping.dev/v1alpha1/namespaces/${namespace}/${plural}`;
}

/** Many at once, as fast as the API server takes them. @param kubeconfig whose account makes them */
async function create<T extends KubernetesObject>(
  t: ExecutionContext,
  { namespace, kubeconfig }: Pick<TestCluster, "namespace" | "kubeconfig">,
  type: ResourceType<T>,
  objects: readonly object[],
): Promise<void> {
  const client = await connect(t, { kubeconfig });
  const rest = objects.values();
  const worker = async () => {
    for (const object of rest as Iterable<T>)
      await client.create(type, { ...object, metadata: { ...object.metadata, namespace } });
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

async function isReady(cluster: TestCluster, kind: string, name: string): Promise<void> {
  const wait = ["wait", "--for=condition=Ready", `${kind}/${name}`, "--timeout=60s"];
  await cluster.kubectl(...wait);
}

/** An organization of this namespace with its Secret, for people who are in service_admin. */
function beta(issuer: string, spec: object = {}): object[] {
  return [
    secret({ clientSecret: "s" }),
    organizationObject("beta", {
      loginPath: `beta-${randomUUID().slice(0, 8)}`,
      roles: [{ name: "service-admin", displayName: "Service Admin" }],
      okta: { issuer, clientID: "0oaTest", clientSecretRef: { name: "acme-okta", key: "clientSecret" } },
      ...spec,
    }),
    mappingObject("services", ["service_admin"], ["service-admin"], "beta"),
  ];
}

/** Of beta, as a sign-in leaves them. */
function person(name: string, issuer: string): object {
  return {
    apiVersion: "rolemapping.dev/v1alpha1",
    kind: "OrganizationUser",
    metadata: { name },
    spec: {
      organizationRef: { name: "beta" },
      source: "Okta",
      issuer,
      subject: name,
      email: `${name}@beta.example`,
      groups: [{ name: "service_admin" }],
      groupsFrom: "Claim",
    },
  };
}

test.serial("a neighbour's RoleBinding is deleted, and made again", async (t) => {
  const { okta, neighbour, cluster, operator, webhook, unnoticed } = await twoTenants(t);
  await neighbour.apply(...beta(okta.issuer("default")));
  await isReady(neighbour, "oktaorg", "beta");
  await unnoticed(async () => {
    await neighbour.kubectl("delete", "rolebinding", "--all");
    await waitFor(async () => (webhook.caches.users.unreadable().length === 1 ? true : undefined), {
      what: "it to be known as unreadable",
    });
  });
  t.is(operator.check(), undefined, "the pod stays ready");
  t.is(webhook.check(), undefined);
  await unnoticed(async () => {
    await serveToo(neighbour, cluster.namespace);
    await neighbour.apply(mappingObject("more", ["more"], ["service-admin"], "beta"));
    await isReady(neighbour, "orm", "more");
  });
});

test.serial("a neighbour's namespace is deleted, and made again", async (t) => {
  const { okta, neighbour, cluster, unnoticed } = await twoTenants(t);
  await neighbour.apply(...beta(okta.issuer("default")));
  await isReady(neighbour, "oktaorg", "beta");
  await unnoticed(async () => {
    await neighbour.remove();
    await cluster.kubectl("create", "namespace", neighbour.namespace);
    // With the same kubeconfig as the first tenant, since the neighbour's has gone with the namespace.
    const flag = ["--namespace", neighbour.namespace];
    const madeAgain: TestCluster = {
      ...cluster,
      namespace: neighbour.namespace,
      kubectl: (...args) => cluster.kubectl(...flag, ...args),
      kubectlWith: (stdin, ...args) => cluster.kubectlWith(stdin, ...flag, ...args),
      apply: (...objects) => cluster.apply(...objects.map((object) => within(neighbour, object))),
    };
    await serveToo(madeAgain, cluster.namespace);
    await madeAgain.apply(...beta(okta.issuer("default")));
    await isReady(madeAgain, "oktaorg", "beta");
  });
});

test.serial("a thousand organizations of a neighbour have an issuer that never answers", async (t) => {
  const { neighbour, unnoticed } = await twoTenants(t);
  const okta = await startOkta();
  t.teardown(() => okta.stop());
  okta.misbehave({ fault: { kind: "hang" } });
  const dead = Array.from({ length: 1_000 }, (_, i) =>
    organizationObject(`dead-${i}`, {
      loginPath: `dead-${randomUUID().slice(0, 8)}-${i}`,
      roles: [{ name: "service-admin", displayName: "Service Admin" }],
      okta: {
        issuer: okta.issuer("default"),
        clientID: "0oaDead",
        clientSecretRef: { name: "acme-okta", key: "clientSecret" },
      },
    }),
  );
  await neighbour.apply(secret({ clientSecret: "s" }));
  await unnoticed(() => create(t, neighbour, organizations, dead));
});

test.serial("hundreds of a neighbour's people lose their access at once", async (t) => {
  const { okta, neighbour, cluster, unnoticed } = await twoTenants(t);
  const spec = { safeguards: { maxDeactivations: "100%" } };
  await neighbour.apply(...beta(okta.issuer("default"), spec));
  await isReady(neighbour, "oktaorg", "beta");
  const people = Array.from({ length: 250 }, (_, i) => person(`person-${i}`, okta.issuer("default")));
  const untilActive = (count: number) =>
    waitFor(
      async () => {
        const path = "-o=jsonpath={.status.users.active}";
        const { stdout } = await neighbour.kubectl("get", "oktaorg", "beta", path);
        return stdout === String(count) ? true : undefined;
      },
      { what: `${count} of them to be active`, timeoutMs: 150_000 },
    );
  await unnoticed(async () => {
    await create(t, { ...neighbour, kubeconfig: await cluster.serviceAccount() }, organizationUsers, people);
    await untilActive(people.length);
  });
  await unnoticed(async () => {
    await neighbour.kubectl("delete", "orm", "services");
    await untilActive(0);
  });
});
