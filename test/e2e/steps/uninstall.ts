import type { Environment } from "../environment.ts";
import { expect, type Step } from "../step.ts";
import { chartValues } from "./install.ts";

/** What people and the product have made, by name. */
function objects(environment: Environment): Promise<string> {
  return environment.kubectl("get", "oktaorg,orm,orguser", "-o", "name");
}

export const uninstall: readonly Step[] = [
  {
    title:
      "helm uninstall leaves the CRDs, the organization, its mappings and its users; installed again, Ada is still signed in",
    run: async (environment) => {
      await environment.browsers.signIn("ada");
      const before = await objects(environment);
      await environment.helm.uninstall();
      const after = await objects(environment);
      expect(before === after && after.includes("organizationuser"), `before:\n${before}\nafter:\n${after}`);
      await environment.helm.install(environment.helm.chart, chartValues(environment));
      const { status, roles } = await environment.browsers.session("ada");
      expect(status === 200 && roles?.join() === "service-admin", `the session: ${status}, ${roles}`);
      return `${after.trim().split("\n").length} objects stayed`;
    },
  },
  {
    title: "with crds.keep=false it takes them along",
    run: async (environment) => {
      await environment.helm.upgrade({ ...chartValues(environment), crds: { keep: false } });
      await environment.helm.uninstall();
      const crds = await environment.kubectl("get", "crd", "-o", "name");
      expect(!crds.includes("rolemapping.dev"), `still there: ${crds}`);
      return undefined;
    },
  },
];
