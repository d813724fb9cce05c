/**
 * A real one-node Kubernetes cluster, from packages alone: kubelet, containerd, pod network, DNS and all.
 *
 *   node dev/cluster/main.ts up          starts it and leaves it running; prints how to reach it
 *   node dev/cluster/main.ts load FILE   makes an image (docker-archive) known to it
 *   node dev/cluster/main.ts down        ends it and removes what it made
 *   node dev/cluster/main.ts packages    prints the Debian packages that it needs, those that build images with it
 */
import { dirname } from "node:path";
import { duration, showProgress } from "../control-plane/progress.ts";
import { imagePackages } from "../image/build.ts";
import { down, load, up } from "./cluster.ts";
import { CannotRunHereError, debianPackages } from "./requirements.ts";

const usage = "Say what to do: up, load FILE, down, or packages";

async function main([command, file]: readonly string[]): Promise<number> {
  const started = performance.now();
  switch (command) {
    case "up": {
      const cluster = await up(showProgress());
      console.error(`The cluster is up (${duration(performance.now() - started)}).`);
      console.log(`export KUBECONFIG=${cluster.kubeconfig} PATH=${dirname(cluster.kubectl)}:$PATH`);
      return 0;
    }
    case "load":
      if (file === undefined) break;
      await load(file);
      return 0;
    case "down":
      await down();
      return 0;
    case "packages":
      console.log([...debianPackages, ...imagePackages].join(" "));
      return 0;
  }
  console.error(usage);
  return 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CannotRunHereError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
