import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SkippedError } from "../cluster.ts";
import { acme } from "../okta.ts";
import { released, releasedSource } from "../released.ts";
import { expect, expectNoneRefused, type Step } from "../step.ts";
import { chartValues } from "./install.ts";
import { AROUND_MS } from "./upgrade.ts";

/** In an empty cluster, what people have who installed the first version. */
export const fromReleased: readonly Step[] = [
  {
    title: `helm upgrade from the chart and the image of ${released.version}: everybody stays signed in, and can sign in`,
    run: async (environment) => {
      const { loadVersion } = environment.cluster;
      if (!loadVersion)
        throw new SkippedError(`the image of ${released.version} isn't this test's to bring here`);
      const source = await releasedSource();
      try {
        const image = await loadVersion(released.version, source.folder);
        const { okta: _, ...values } = chartValues(environment);
        const chart = join(source.folder, "charts/okta-role-operator");
        await environment.helm.install(chart, { ...values, image });
      } finally {
        await source.remove();
      }
      await environment.apply(await acme());
      await environment.kubectl("wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=60s");
      await environment.browsers.signIn("ada");
      // Whoever is signing in while old and new pods answer may have to begin again: CHANGELOG.md says so.
      const report = await environment.underTraffic({ signInsPerSecond: 0 }, async () => {
        await delay(AROUND_MS);
        await environment.replacePods(chartValues(environment));
        await delay(AROUND_MS);
      });
      const { status } = await environment.browsers.session("ada");
      expect(status === 200, `Ada, who signed in before, was answered ${status}`);
      const { status: signedIn, title } = await environment.browsers.signIn("zoe");
      expect(signedIn === 200, `a sign-in afterwards ended with ${signedIn}: ${title}`);
      return expectNoneRefused(report);
    },
  },
];
