import { join, sep } from "node:path";
import type { Plugin } from "esbuild";

const name = "@kubernetes/client-node";
const folder = `node_modules/${name}/`.replaceAll("/", sep);

/**
 * Takes of client-node what is used of it: the reading of kubeconfigs, in dist/config.js. Its package.json doesn't say
 * that importing its files does nothing else, and without that the models of all of Kubernetes' API come along, which
 * is half of the time and memory that a program takes to start.
 *
 * @param root the folder of node_modules
 */
export function kubeconfigOnly(root: string): Plugin {
  return {
    name: "kubeconfig-only",
    setup(build) {
      build.onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
        path: join(root, folder, "dist", "config.js"),
        sideEffects: false,
      }));
      build.onResolve(
        { filter: /^\./ },
        async ({ path, pluginData, importer, resolveDir, kind, namespace }) => {
          if (pluginData === asked || !importer.includes(folder)) return undefined;
          const options = { importer, kind, namespace, resolveDir, pluginData: asked };
          return { ...(await build.resolve(path, options)), sideEffects: false };
        },
      );
    },
  };
}

/** Marks our own question to esbuild, which comes by the same way. */
const asked = Symbol("asked");
