/**
 * Starts a control plane with the CRDs installed and keeps it until Ctrl-C:
 *
 *   npm run control-plane                 in a folder that goes with it
 *   npm run control-plane -- --dir DIR    keeps its data in DIR for the next time
 *
 * The line that it prints makes kubectl and `npm test` in another terminal use it.
 */
import { once } from "node:events";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { startControlPlane } from "./control-plane.ts";
import { environmentOf } from "./environment.ts";
import { installCrds } from "./install.ts";

const { values } = parseArgs({ options: { dir: { type: "string" } } });
const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);

const controlPlane = await startControlPlane(values.dir === undefined ? {} : { dir: resolve(values.dir) });
try {
  await installCrds(controlPlane);
  const environment = Object.entries(environmentOf(controlPlane)).map(
    ([name, value]) => `${name}='${value}'`,
  );
  console.log(`export ${environment.join(" ")}`);
  console.error(
    "The control plane runs until Ctrl-C. Paste the line above into another terminal to use it there.",
  );
  await stopped;
} finally {
  await controlPlane.stop();
}
