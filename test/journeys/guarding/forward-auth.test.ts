import { freePort } from "../../../dev/control-plane/ports.ts";
import { CookieJar } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { Browser } from "../../webhook/browser.ts";
import { productUnderTest } from "../product-under-test.ts";
import { type Received, startApplication } from "./application.ts";
import { testWithProxies } from "./proxy.ts";

testWithProxies(
  "guards an application as documented: out, in with the role, out when the mapping is gone",
  async (t, proxy) => {
    const under = await productUnderTest(t, { ada: ["service_admin"] });
    const { namespace, folder } = under.cluster;
    const application = await startApplication(t);
    const port = await freePort();
    const baseURL = `http://localhost:${port}`;
    const webhook = await under.startWebhook(undefined, 0, ["--base-url", baseURL]);
    await under.startOperator(baseURL);
    await under.applyAcme(baseURL, { services: [["service_admin"], ["service-admin"]] });
    const organization = `${namespace}/acme`;
    const [webhookPort, applicationPort] = [webhook.port, application.port];
    await proxy.start(t, { folder, port, webhookPort, applicationPort, organization, loginPath: namespace });
    await under.untilReady();

    const cookies = new CookieJar();
    const browser = new Browser(baseURL, cookies);
    const visit = () => browser.get("/reports?of=today");
    const status = (expected: number) =>
      waitFor(async () => ((await visit().catch(() => undefined))?.status === expected ? true : undefined), {
        what: `the application to answer ${expected}`,
      });

    await status(303);
    // Sent to sign in: nginx has the webhook begin it at once.
    const location = String((await visit()).headers.location);
    t.true([under.okta.url, baseURL].includes(new URL(location).origin), location);
    await under.signedIn(baseURL, "ada", cookies);
    await status(200);
    const [user] = await under.users();
    const { url, headers } = JSON.parse((await visit()).body) as Received;
    t.is(url, "/reports?of=today");
    t.deepEqual(
      ["user", "email", "organization", "roles"].map((what) => headers[`x-auth-request-${what}`]),
      [[`${namespace}/${user?.metadata.name}`], ["ada@acme.example"], [organization], ["service-admin"]],
    );
    await under.cluster.kubectl("delete", "orm", "services");
    await status(303);
  },
);
