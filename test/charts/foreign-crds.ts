import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { findGo } from "../../dev/control-plane/go.ts";

/** Kinds of others that the chart can make: Go module -> the CRDs in it. */
const CRDS = {
  "sigs.k8s.io/gateway-api": ["config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"],
  "github.com/prometheus-operator/prometheus-operator": [
    "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
    "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
    "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
  ],
} as const;

const Downloaded = z.object({ Dir: z.string() });

/**
 * The CRDs as their projects publish them, in the versions that go.mod in dev/control-plane/go/foreign-crds says.
 *
 * @returns YAML of all of them
 * @throws GoMissingError, GoTooOldError, GoFailedError
 */
export async function foreignCrds(): Promise<string> {
  const module = fileURLToPath(new URL("../../dev/control-plane/go/foreign-crds/", import.meta.url));
  const go = await findGo(module);
  const texts: string[] = [];
  for (const [name, files] of Object.entries(CRDS)) {
    const { Dir } = Downloaded.parse(
      JSON.parse((await go.run(["mod", "download", "-json", name], {})).join("\n")),
    );
    for (const file of files) texts.push(await readFile(join(Dir, file), "utf8"));
  }
  return texts.join("\n---\n");
}
