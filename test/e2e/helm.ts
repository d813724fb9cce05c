import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "../../dev/cluster/run.ts";
import { findHelm } from "../../dev/control-plane/helm.ts";
import type { KubectlTarget } from "../../dev/control-plane/kubectl.ts";
import { places } from "./places.ts";

const chart = fileURLToPath(new URL("../../charts/okta-role-operator/", import.meta.url));

/** Lower than any version that is released: what is upgraded from. */
export const previousVersion = "0.0.1";

/** Helm, on one release of the chart. */
export class Helm {
  readonly #program: string;
  readonly #target: KubectlTarget;
  readonly #folder: string;
  /** Path of the chart as it is. */
  readonly chart = chart;
  /** Path of the chart as a package of a lower version. */
  readonly previousChart: string;

  private constructor(program: string, target: KubectlTarget, folder: string, previousChart: string) {
    this.#program = program;
    this.#target = target;
    this.#folder = folder;
    this.previousChart = previousChart;
  }

  static async create(target: KubectlTarget): Promise<Helm> {
    const program = await findHelm();
    const folder = await mkdtemp(join(tmpdir(), "okta-role-operator-helm-"));
    await run(program, ["package", chart, "--version", previousVersion, "--destination", folder]);
    const [name = ""] = await readdir(folder);
    return new Helm(program, target, folder, join(folder, name));
  }

  /** @param values of the chart; whoever gives them has to name the chart in the arguments */
  async run(args: readonly string[], values?: object): Promise<string> {
    const { kubeconfig, context } = this.#target;
    const options = ["--namespace", places.namespace];
    if (context !== undefined) options.push("--kube-context", context);
    if (values !== undefined) options.push("--values", "-");
    return run(this.#program, [...args, ...options], {
      env: kubeconfig === undefined ? {} : { KUBECONFIG: kubeconfig },
      ...(values === undefined ? {} : { input: JSON.stringify(values) }),
    });
  }

  install(path: string, values: object): Promise<string> {
    return this.run(["install", places.release, path, "--wait", "--timeout", "180s"], values);
  }

  upgrade(values: object): Promise<string> {
    return this.run(["upgrade", places.release, chart, "--wait", "--timeout", "180s"], values);
  }

  uninstall(): Promise<string> {
    return this.run(["uninstall", places.release, "--wait", "--timeout", "120s"]);
  }

  /** Removes the packaged chart. */
  async close(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
