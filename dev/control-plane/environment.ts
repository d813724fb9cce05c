import type { ControlPlane } from "./control-plane.ts";

/** The environment variable that names the description of a running control plane. */
export const CONTROL_PLANE = "ORO_CONTROL_PLANE";

/** What programs need in their environment to use a control plane. */
export function environmentOf(controlPlane: ControlPlane): Record<string, string> {
  return {
    [CONTROL_PLANE]: controlPlane.description,
    KUBECONFIG: controlPlane.kubeconfig,
    KUBECTL: controlPlane.kubectl,
    KUBECACHEDIR: controlPlane.cacheDir,
  };
}
