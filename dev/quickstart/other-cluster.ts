import { execFile } from "node:child_process";
import { request } from "node:https";
import { promisify } from "node:util";
import { z } from "zod";

/** Nobody waits longer for a hint. */
const ANSWERS_WITHIN_MS = 3_000;

const View = z.object({
  "current-context": z.string().min(1),
  clusters: z.tuple([z.object({ cluster: z.object({ server: z.url() }) })]),
});

/**
 * The current context of the user's kubeconfig, when its API server answers. It is asked as nobody: credentials are the
 * user's, and some of them open a browser.
 *
 * @param kubectl path of a kubectl, or its name
 * @param env where kubectl finds its kubeconfig
 * @param timeoutMs for kubectl, and then for the server
 * @returns undefined where there is no kubectl, no context, or no answer in time
 */
export async function clusterThatAnswers(
  kubectl: string,
  env: NodeJS.ProcessEnv = process.env,
  timeoutMs = ANSWERS_WITHIN_MS,
): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(kubectl, ["config", "view", "--minify", "--output=json"], {
      env,
      timeout: timeoutMs,
    });
    const { "current-context": context, clusters } = View.parse(JSON.parse(stdout));
    return (await answers(clusters[0].cluster.server, timeoutMs)) ? context : undefined;
  } catch {
    return undefined; // no kubectl or no kubeconfig: then there is nothing to hint at
  }
}

/** Whether an API server answers at all: 401 and 403 are answers. */
function answers(server: string, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request(new URL("/version", server), {
      // Nothing is sent, and nothing that comes is believed.
      rejectUnauthorized: false,
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
    });
    asked.on("response", (response) => {
      response.destroy();
      resolve(true);
    });
    asked.on("error", () => resolve(false));
    asked.end();
  });
}
