import { once } from "node:events";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePortOr } from "../control-plane/ports.ts";
import { signIn } from "../okta/index.ts";
import { type Environment, startEnvironment } from "./environment.ts";
import { Journey, STEPS } from "./journey.ts";
import { REPOSITORY } from "./program.ts";
import { leftInCluster, welcome } from "./welcome.ts";

const HELP = `Starts everything on this machine: a Kubernetes control plane, a stand-in for Okta, the operator, the login
webhook, and a sample organization.

  npm start                      starts it, signs somebody in, and keeps running until Ctrl-C
  npm start -- --check           goes through the whole journey, shows what kubectl shows after each step, and exits
  npm start -- --context NAME    uses the cluster of this kubeconfig context instead of a control plane of its own; not
                                 one that has the product already. What is made there stays, and it says how to
                                 remove it

  --namespace NAME   where to put it (default: acme, or okta-role-quickstart with --context)
  --port PORT        where people sign in (default: 8080, or a free port when that is taken)
`;

const { values } = parseArgs({
  options: {
    check: { type: "boolean", default: false },
    context: { type: "string" },
    namespace: { type: "string" },
    port: { type: "string", default: "8080" },
    help: { type: "boolean", short: "h", default: false },
  },
});
// For the programs that this starts: what Node has compiled once, it needn't compile at the next start.
process.env.NODE_COMPILE_CACHE ??= join(REPOSITORY, "node_modules/.cache/okta-role-operator");

if (values.help) process.stdout.write(HELP);
else
  await run().catch((error: unknown) => {
    // For a person at a terminal: what went wrong, not where in the code.
    console.error(`\nThe quickstart can't go on: ${error instanceof Error ? error.message : error}`);
    process.exit(1);
  });

async function run(): Promise<void> {
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  stopped.then(() => console.log("Stopping."));
  const start = performance.now();
  const environment = await startEnvironment({
    ...(values.context === undefined ? {} : { context: values.context }),
    namespace: values.namespace ?? (values.context === undefined ? "acme" : "okta-role-quickstart"),
    ports: { webhook: await freePortOr(Number(values.port)), okta: 0 },
    step: (text) => console.log(`${seconds(start)}  ${text}`),
  });
  try {
    const ended = stopped.then(() => "stopped" as const);
    const work = values.check ? check(environment) : show(environment, start);
    const outcome = await Promise.race([work, ended]);
    if (outcome === "shown") await stopped;
    if (outcome === "failed") process.exitCode = 1;
  } finally {
    await environment.stop();
    for (const line of leftInCluster(environment)) console.log(line);
  }
  process.exit();
}

/** The first sign-in, and then what there is to try. */
async function show(environment: Environment, start: number): Promise<"shown"> {
  const { okta, product } = environment;
  console.log(`${seconds(start)}  waiting for the organization and its mappings to be Ready`);
  const wait = ["wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=60s"];
  await environment.kubectl(wait);
  console.log(`${seconds(start)}  signing Ada in at ${product.baseURL}/login/acme`);
  const { response } = await signIn(okta, `${product.baseURL}/login/acme`, "ada@acme.example", {
    followToEnd: true,
  });
  if (response.status !== 200)
    throw new Error(`Ada's sign-in ended with ${response.status}: ${response.body}`);
  console.log(`${seconds(start)}  done\n`);
  console.log(await welcome(environment));
  return "shown";
}

/** Every step of the journey, with what kubectl shows after it. */
async function check(environment: Environment): Promise<"passed" | "failed"> {
  const journey = new Journey(environment);
  let passed = 0;
  for (const [index, { title, run: runStep }] of STEPS.entries()) {
    console.log(`\n${index + 1}. ${title}`);
    try {
      await runStep(journey);
      passed++;
      console.log("   held");
    } catch (error) {
      console.log(`   DID NOT HOLD: ${error instanceof Error ? error.message : error}`);
    }
    console.log(indent(await environment.kubectl(["get", "oktaorg,orm,orguser"])));
  }
  console.log(
    `\nkubectl describe orguser mia\n${indent(await environment.kubectl(["describe", "orguser", "mia"]))}`,
  );
  console.log(`${passed} passed, ${STEPS.length - passed} failed`);
  return passed === STEPS.length ? "passed" : "failed";
}

function indent(text: string): string {
  return text.trimEnd().replaceAll(/^/gm, "   ");
}

function seconds(start: number): string {
  return `${((performance.now() - start) / 1000).toFixed(1).padStart(5)} s`;
}
