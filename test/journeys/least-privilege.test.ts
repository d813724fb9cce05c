import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { pino } from "pino";
import { Registry } from "prom-client";
import { chartRights, type Rights, type Rule } from "../../dev/control-plane/service-account.ts";
import { CookieJar, signIn, startOkta } from "../../dev/okta/index.ts";
import { createClient, EventRecorder, LeaderElection } from "../../kubernetes/index.ts";
import { Http } from "../../okta/http.ts";
import { Operator } from "../../operator/operator.ts";
import { serve } from "../../webhook/server.ts";
import { Webhook } from "../../webhook/webhook.ts";
import { testCluster, waitFor } from "../cluster.ts";
import { mappingObject, organizationObject, secret } from "../operator/operator-under-test.ts";
import { behindTap } from "./product-under-test.ts";
import { WriteTap } from "./write-tap.ts";

/** One verb on one resource: the smallest right that there is. */
interface Right {
  readonly of: keyof Rights;
  readonly resource: string;
  readonly verb: string;
}

const log = pino({ level: "silent" });
const rights = await chartRights();
const every = (of: keyof Rights): Right[] =>
  rights[of].flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ of, resource, verb }))),
  );
const all = [...every("role"), ...every("clusterRole")];

/** The chart's rights without one. Where two rules give it (a name is given less than all names), both lose it. */
function without({ of, resource, verb }: Right): Rights {
  const reduced = rights[of].flatMap((rule): Rule[] => {
    if (!rule.resources.includes(resource) || !rule.verbs.includes(verb)) return [rule];
    const others = rule.resources.filter((other) => other !== resource);
    const verbs = rule.verbs.filter((other) => other !== verb);
    return [
      ...(others.length > 0 ? [{ ...rule, resources: others }] : []),
      ...(verbs.length > 0 ? [{ ...rule, resources: [resource], verbs }] : []),
    ];
  });
  return { ...rights, [of]: reduced };
}

/** Whether a refused request is a use of this right. */
function uses({ resource, verb }: Right, forbidden: string): boolean {
  const [method = "", url = ""] = forbidden.split(" ");
  const { pathname, searchParams } = new URL(url, "http://tap");
  const [, collection = "", name, sub] =
    /\/(?:namespaces\/[^/]+\/)?([a-z]+)(?:\/([^/]+))?(?:\/([a-z]+))?$/.exec(
      pathname.replace(/^\/apis?\/([^/]+\.[^/]+\/)?v[0-9a-z]+/, ""),
    ) ?? [];
  const [plural, subresource] = resource.split("/");
  if (collection !== plural || sub !== subresource) return false;
  const asked = {
    GET: name ? "get" : searchParams.has("watch") ? "watch" : "list",
    POST: "create",
    PUT: "update",
    PATCH: "patch",
    DELETE: "delete",
  }[method];
  return asked === verb;
}

/** Lets the product do all that it does, once, under some rights, until a refusal shows that one was needed. */
async function isMissed(t: ExecutionContext, right: Right): Promise<boolean> {
  const cluster = await testCluster(t);
  const { namespace, folder } = cluster;
  const closing: (() => Promise<unknown>)[] = [];
  const stop = new AbortController();
  try {
    const tap = await WriteTap.start(cluster.controlPlane.admin);
    closing.push(() => tap.stop());
    const kubeconfig = await behindTap(
      await cluster.serviceAccount(without(right)),
      join(folder, "tapped"),
      tap,
    );
    const client = await createClient({ kubeconfig, userAgent: "test", log });
    closing.push(() => client.close());
    const http = new Http();
    closing.push(() => http.close());
    const okta = await startOkta({
      groups: ["service_admin", "web"],
      users: [{ login: "ada@acme.example", password: "ada", groups: ["service_admin"] }],
    });
    closing.push(() => okta.stop());

    const missed = (): true | undefined =>
      [...tap.forbidden].some((request) => uses(right, request)) || undefined;
    const events = new EventRecorder({
      client,
      reportingController: "test/all",
      reportingInstance: "one",
      log,
    });
    closing.push(() => events.flush());
    const common = { client, events, http, namespaces: [namespace], log };
    const election = new LeaderElection({
      client,
      namespace,
      name: "okta-role-operator",
      identity: "one",
      retryPeriodMs: 200,
      log,
    });
    const makeWebhook = () =>
      new Webhook({
        ...common,
        metrics: new Registry(),
        sessionSecret: { namespace, name: "okta-role-operator-session-keys" },
        // Due at once, so that the second webhook rotates what the first has made.
        keys: { times: { rotateAfterMs: 1 } },
        maxStalenessMs: 30_000,
        loginsAtOnce: 64,
        loginsPerMinute: 1000,
        localSignInsPerMinute: 1000,
        trustedProxies: 0,
      });
    const webhook = makeWebhook();
    const server = await serve((req, res) => app(req, res), { port: 0, host: "127.0.0.1" });
    closing.push(() => server.close(0));
    const baseURL = `http://localhost:${server.port}`;
    const app = webhook.app(baseURL);
    const operator = new Operator({ ...common, leader: client, baseURL, metrics: new Registry() });
    const running = [
      webhook.run(stop.signal),
      operator.watch(stop.signal),
      election.run(stop.signal, (lost) => operator.lead(lost)),
    ];
    closing.push(() => Promise.all(running));

    okta.saveApp({
      clientId: "0oaTest",
      clientSecret: "s",
      redirectUris: [`${baseURL}/callback/${namespace}`],
    });
    await cluster.kubectlWith(
      {
        apiVersion: "v1",
        kind: "List",
        items: [
          secret({ clientSecret: "s" }),
          organizationObject("acme", {
            loginPath: namespace,
            roles: [{ name: "service-admin", displayName: "Service Admin" }],
            okta: {
              issuer: okta.issuer("default"),
              clientID: "0oaTest",
              clientSecretRef: { name: "acme-okta", key: "clientSecret" },
            },
          }),
          mappingObject("services", ["service_admin"], ["service-admin"]),
          { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "mia" } },
          {
            apiVersion: "rolemapping.dev/v1alpha1",
            kind: "OrganizationUser",
            metadata: { name: "mia" },
            spec: {
              organizationRef: { name: "acme" },
              source: "Local",
              email: "mia@acme.example",
              roles: ["service-admin"],
              serviceAccountName: "mia",
            },
          },
        ],
      },
      "apply",
      "-f",
      "-",
    );
    const people = async (): Promise<void> => {
      await webhook.ready();
      const rotating = makeWebhook().run(stop.signal);
      closing.push(() => rotating);
      const login = `${baseURL}/login/${namespace}`;
      const cookies = new CookieJar();
      // Twice at once: one of them finds that the account is there already, and reads it.
      await Promise.all(
        [cookies, new CookieJar()].map((jar) => signIn(okta, login, "ada@acme.example", { cookies: jar })),
      );
      okta.directory.addToGroup("web", "ada@acme.example");
      await signIn(okta, login, "ada@acme.example", { cookies });
      for (let time = 0; time < 3; time++) {
        const { stdout } = await cluster.kubectl("create", "token", "mia", "--audience", login);
        await fetch(`${login}/local`, {
          method: "POST",
          redirect: "manual",
          headers: { origin: baseURL },
          body: new URLSearchParams({ token: stdout.trim() }),
        });
      }
    };
    // What can't be done without the right fails; that it was asked for is what counts.
    const doing = people().catch(() => undefined);
    closing.push(() => Promise.race([doing, new Promise((resolve) => setTimeout(resolve, 0))]));
    return await waitFor(missed, {
      what: `a refusal of ${right.verb} on ${right.resource}`,
      timeoutMs: 30_000,
    }).catch(() => false);
  } finally {
    stop.abort();
    for (const close of closing.reverse()) await close();
  }
}

// In a few lanes, so that a small machine isn't asked for twenty products at once.
const LANES = 4;
for (let lane = 0; lane < LANES; lane++) {
  const mine = all.filter((_, i) => i % LANES === lane);
  test(`each right is needed: ${mine.map(({ verb, resource }) => `${verb} ${resource}`).join(", ")}`, async (t) => {
    t.timeout(600_000);
    for (const right of mine)
      t.true(await isMissed(t, right), `nobody misses ${right.verb} on ${right.resource}`);
  });
}
