import { setTimeout as sleep } from "node:timers/promises";
import { type ControlPlane, startControlPlane } from "../control-plane/control-plane.ts";
import { applyCrds, installedByOthers, policyInForce } from "../control-plane/install.ts";
import { serviceAccountKubeconfig } from "../control-plane/kubeconfig.ts";
import {
  type KubectlResult,
  type KubectlTarget,
  kubectlOutput,
  runKubectl,
} from "../control-plane/kubectl.ts";
import { freePortOr } from "../control-plane/ports.ts";
import { installServiceAccount, SERVICE_ACCOUNT } from "../control-plane/service-account.ts";
import { Tether } from "../control-plane/tether.ts";
import { type CookieJar, OktaError, type OktaStandIn } from "../okta/index.ts";
import { acmeManifest, addEventHook, registerWithOkta, startAcmeOkta } from "./acme.ts";
import { documentedProxies } from "./documented-proxy.ts";
import { type GuardedApplication, startGuardedApplication } from "./guarded-application.ts";
import { clusterThatAnswers } from "./other-cluster.ts";
import { type Product, startProduct } from "./product.ts";

export interface EnvironmentOptions {
  /** A context of the user's kubeconfig; without it, a control plane of its own. */
  readonly context?: string;
  readonly namespace: string;
  /** Ports that are used when they are free; 0 for any. */
  readonly ports: { readonly webhook: number; readonly okta: number };
  /** Told of each thing that is done. */
  readonly step: (text: string) => void;
}

/** Everything that the quickstart shows, running: a cluster, an Okta, the product, and an organization in it. */
export interface Environment {
  readonly okta: OktaStandIn;
  readonly product: Product;
  /** A small application behind a real proxy; undefined where none is installed. */
  readonly guarded: GuardedApplication | undefined;
  readonly namespace: string;
  /** The user's, where the cluster is theirs. */
  readonly context: string | undefined;
  /** Undefined where the cluster is the user's own. */
  readonly controlPlane: ControlPlane | undefined;
  /** A kubeconfig of the cluster's admin; undefined: the user's own. */
  readonly kubeconfig: string | undefined;
  /** Path of a kubectl. */
  readonly kubectlPath: string;
  /** Where the logs are. */
  readonly folder: string;
  /** Runs kubectl in the namespace. @throws KubectlError */
  kubectl(args: readonly string[], stdin?: string): Promise<string>;
  tryKubectl(args: readonly string[], stdin?: string): Promise<KubectlResult>;
  /** Waits for a state. @throws Error that names it */
  until(condition: () => Promise<boolean>, options: { what: string; timeoutMs: number }): Promise<void>;
  /** Signs a local admin in with a token of their service account. */
  signInLocally(cookies: CookieJar, serviceAccount: string): Promise<void>;
  signOut(cookies: CookieJar): Promise<void>;
  stop(): Promise<void>;
}

/** Starts it all. What was started is stopped again when something goes wrong. */
export async function startEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const started: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of started.splice(0).reverse()) await end();
  };
  try {
    return await start(options, started, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  { context, namespace, ports, step }: EnvironmentOptions,
  started: (() => Promise<void>)[],
  stop: () => Promise<void>,
): Promise<Environment> {
  const tether = await Tether.create();
  started.push(() => tether.release());
  const beginning = startAcmeOkta(ports.okta);
  started.push(async () => (await beginning).stop());
  const controlPlane = context === undefined ? await ownControlPlane(namespace, started, step) : undefined;
  const target: KubectlTarget = controlPlane ?? {
    kubectl: KUBECTL,
    ...(context === undefined ? {} : { context }),
  };
  const scoped = (args: readonly string[]) => ["--namespace", namespace, ...args];
  const kubectl = (args: readonly string[], stdin?: string) => kubectlOutput(target, scoped(args), stdin);

  step("installing the CRDs, the admission policy and the rights of the product");
  const account = async () => {
    await ensureNamespace(target, namespace);
    await installServiceAccount(target, namespace);
    return serviceAccountKubeconfig(target, tether.folder, namespace, SERVICE_ACCOUNT);
  };
  if (context !== undefined) await refuseToReplace(target, context);
  const [kubeconfig] = await Promise.all([account(), applyCrds(target)]);

  step("starting the operator and the login webhook");
  const proxy = documentedProxies.find((one) => one.isHere());
  const guardedPort = proxy && (await freePortOr(GUARDED_PORT));
  const starting = startProduct({
    tether,
    kubeconfig,
    namespace,
    folder: tether.folder,
    port: ports.webhook,
    flags: { webhook: guardedPort === undefined ? [] : ["--application-hosts", `localhost:${guardedPort}`] },
  });
  started.push(async () => {
    const [outcome] = await Promise.allSettled([starting]);
    if (outcome.status === "fulfilled") await outcome.value.stop();
  });
  const [product, okta] = await Promise.all([starting, beginning, policyInForce(target)]);

  step("applying the sample organization, its mappings and two local accounts");
  registerWithOkta(okta, product.baseURL);
  await kubectl(["apply", "-f", "-"], await acmeManifest(okta));
  await setUpEventHook(okta, kubectl);

  let guarded: GuardedApplication | undefined;
  if (proxy && guardedPort !== undefined) {
    step(`starting an application, and ${proxy.name} in front of it`);
    guarded = await startGuardedApplication({
      tether,
      proxy,
      port: guardedPort,
      webhookPort: Number(new URL(product.baseURL).port),
      organization: `${namespace}/acme`,
      loginPath: "acme",
    });
    started.push(guarded.stop);
  }

  return {
    okta,
    product,
    guarded,
    namespace,
    context,
    controlPlane,
    kubeconfig: target.kubeconfig,
    kubectlPath: target.kubectl,
    folder: tether.folder,
    kubectl,
    tryKubectl: (args, stdin) => runKubectl(target, scoped(args), stdin),
    until,
    signInLocally: async (cookies, serviceAccount) => {
      const loginURI = `${product.baseURL}/login/acme`;
      const token = await kubectl(["create", "token", serviceAccount, "--audience", loginURI]);
      await submit(`${loginURI}/local`, cookies, { token: token.trim() });
    },
    signOut: (cookies) => submit(`${product.baseURL}/logout`, cookies, {}),
    stop,
  };
}

/** Where the application is, unless something else is there. */
const GUARDED_PORT = 8090;

/** Whoever has a cluster of their own has a kubectl, too. */
const KUBECTL = process.env.KUBECTL ?? "kubectl";

async function ownControlPlane(
  namespace: string,
  started: (() => Promise<void>)[],
  step: (text: string) => void,
): Promise<ControlPlane> {
  step("starting etcd, kube-apiserver and the Okta stand-in");
  const controlPlane = await startControlPlane({
    namespace,
    beforeBuilding: async () => {
      const cluster = await clusterThatAnswers(KUBECTL);
      if (cluster !== undefined)
        step(`or use the cluster that you have at once: npm start -- --context ${cluster}`);
    },
  });
  started.push(() => controlPlane.stop());
  return controlPlane;
}

/** A release's admission policy names its own accounts: ours in its place would shut it out of its users. */
async function refuseToReplace(target: KubectlTarget, context: string): Promise<void> {
  const manager = await installedByOthers(target);
  if (manager !== undefined)
    throw new Error(
      `the cluster of ${context} has this product already, installed by ${manager}: its CRDs and its admission policy would be replaced, and it couldn't write its users any more. Take another cluster, or leave out --context.`,
    );
}

async function ensureNamespace(target: KubectlTarget, namespace: string): Promise<void> {
  const manifest = JSON.stringify({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await kubectlOutput(target, ["apply", "--server-side", "--force-conflicts", "-f", "-"], manifest);
}

/** As somebody does it in Okta, who has the address from the organization's status. */
async function setUpEventHook(
  okta: OktaStandIn,
  kubectl: (args: readonly string[]) => Promise<string>,
): Promise<void> {
  const address = ["get", "oktaorg", "acme", "-o", "jsonpath={.status.eventHookURI}"];
  let uri = "";
  const isTold = async () => {
    uri = await kubectl(address);
    return uri !== "";
  };
  await until(isTold, { what: "the organization to tell where its event hook calls", timeoutMs: 60_000 });
  const { id } = addEventHook(okta, uri);
  // The webhook may hear of the organization a moment later than the operator.
  const isVerified = () =>
    okta.eventHooks.verify(id).then(
      () => true,
      (error: unknown) => {
        if (error instanceof OktaError) return false;
        throw error;
      },
    );
  await until(isVerified, { what: "the event hook to be verified", timeoutMs: 60_000 });
}

/** Sends a form as a page of the webhook would. */
async function submit(url: string, cookies: CookieJar, fields: Record<string, string>): Promise<void> {
  const target = new URL(url);
  const cookie = cookies.header(target);
  const answer = await fetch(target, {
    method: "POST",
    body: new URLSearchParams(fields),
    redirect: "manual",
    headers: { origin: target.origin, ...(cookie === undefined ? {} : { cookie }) },
  });
  if (answer.status >= 400) throw new Error(`POST ${url} answered ${answer.status}`);
  cookies.store(target, answer.headers.getSetCookie());
}

async function until(
  condition: () => Promise<boolean>,
  { what, timeoutMs }: { what: string; timeoutMs: number },
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs / 1000} s in vain for ${what}`);
    await sleep(50);
  }
}
