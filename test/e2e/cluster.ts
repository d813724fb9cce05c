import { join } from "node:path";
import { attach, down, load, restartApiServer, signalContainer, up } from "../../dev/cluster/cluster.ts";
import { CannotRunHereError } from "../../dev/cluster/requirements.ts";
import type { KubectlTarget } from "../../dev/control-plane/kubectl.ts";
import { duration, type Progress } from "../../dev/control-plane/progress.ts";
import { thisArchitecture } from "../../dev/image/base.ts";
import { buildImage, NoBuilderError } from "../../dev/image/build.ts";
import { buildProductImage } from "../../dev/image.ts";

/** The chart's values for an image that a cluster has. */
export interface ImageValues {
  readonly repository: string;
  readonly tag: string;
  readonly pullPolicy: string;
}

/** A cluster that has the product's image. */
export interface TestCluster {
  readonly target: KubectlTarget;
  readonly image: ImageValues;
  /**
   * Builds the image of another version from its source and brings it into the cluster; undefined where there is no way
   * to.
   */
  readonly loadVersion: ((version: string, source: string) => Promise<ImageValues>) | undefined;
  /** How large the image is, its base included; undefined when it wasn't built here. */
  readonly imageSize: string | undefined;
  /** Kills the API server and waits until it is back; undefined where that isn't ours to do. */
  readonly restartApiServer: (() => Promise<void>) | undefined;
  /** Kills a container by its id without notice, or sends it another signal; undefined where there is no way to. */
  readonly signalContainer: ((id: string, signal?: NodeJS.Signals) => Promise<void>) | undefined;
  /** The folder of the logs of the cluster's own programs, where they are here. */
  readonly logs: string | undefined;
  /** Ends it, if it was started for this. */
  readonly stop: () => Promise<void>;
}

/** It can't be done here, for a reason that is no defect. */
export class SkippedError extends Error {
  readonly code = "skipped";
}

/**
 * The one-node cluster of dev/cluster with an image that is built now.
 *
 * @throws SkippedError on a machine that can't run it, or can't build an image
 */
export async function ownCluster(progress: Progress): Promise<TestCluster> {
  const skipped = (error: unknown): never => {
    const known = error instanceof CannotRunHereError || error instanceof NoBuilderError;
    throw known ? new SkippedError(error.message, { cause: error }) : error;
  };
  const wasUp = (await attach()) !== undefined;
  const started = performance.now();
  const cluster = await up(progress).catch(skipped);
  const stop = wasUp ? async () => undefined : down;
  console.log(wasUp ? "Using the cluster that is up." : `The cluster is up (${since(started)}).`);
  try {
    const building = performance.now();
    const image = await buildProductImage({}, progress).catch(skipped);
    const size = `${Math.round(image.size / 1024 / 1024)} MiB`;
    console.log(`The image is built: ${image.name}, ${size} (${since(building)}).`);
    await load(image.archive);
    return {
      target: cluster,
      image: { ...split(image.name), pullPolicy: "Never" },
      loadVersion: async (version, source) => {
        const name = `localhost/okta-role-operator-released:${version}`;
        const archive = join(source, "image.tar");
        const [file, architecture] = [join(source, "Dockerfile"), thisArchitecture()];
        await buildImage(
          { name, architecture, file, context: source, args: { VERSION: version }, archive },
          progress,
        );
        await load(archive);
        return { ...split(name), pullPolicy: "Never" };
      },
      imageSize: size,
      restartApiServer: () => restartApiServer("SIGKILL"),
      signalContainer,
      logs: cluster.logs,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A cluster of the user's own. @param image is there already, or can be pulled */
export function someCluster(context: string, image: string): TestCluster {
  return {
    target: { kubectl: process.env.KUBECTL ?? "kubectl", context },
    image: { ...split(image), pullPolicy: "IfNotPresent" },
    imageSize: undefined,
    loadVersion: undefined,
    restartApiServer: undefined,
    signalContainer: undefined,
    logs: undefined,
    stop: async () => undefined,
  };
}

function split(image: string): { repository: string; tag: string } {
  // A colon before the last slash belongs to a registry's port.
  const [, repository = image, tag = "latest"] = /^(.*?)(?::([^:/]+))?$/.exec(image) ?? [];
  return { repository, tag };
}

function since(started: number): string {
  return duration(performance.now() - started);
}
