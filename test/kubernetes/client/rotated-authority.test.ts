import { readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { ConnectionError } from "../../../kubernetes/index.ts";
import { newAuthority } from "../../certificates.ts";
import { replaceFile } from "../../replace-file.ts";
import { waitFor } from "../../wait-for.ts";
import { apiServerAccess, connect, kubeconfigPath, newNamespace, temporaryFile } from "../api-server.ts";
import { configMaps } from "../resource-types.ts";
import { TlsProxy } from "../tls-proxy.ts";
import { watchOnce } from "../watch.ts";

const KubeConfigFile = z.looseObject({ clusters: z.array(z.looseObject({})) });

/** An API server whose authority is in a file, as a pod has it; and what rotates both. */
async function behindProxy(t: ExecutionContext) {
  const { server, tls } = await apiServerAccess();
  let authority = newAuthority();
  const proxy = await TlsProxy.start(server, tls.ca?.toString(), authority.issue("127.0.0.1"));
  t.teardown(() => proxy.stop());
  const file = await temporaryFile(t, "ca.crt", authority.cert);
  const config = KubeConfigFile.parse(parse(readFileSync(kubeconfigPath(), "utf8")));
  for (const entry of config.clusters) entry.cluster = { server: proxy.url, "certificate-authority": file };
  const kubeconfig = await temporaryFile(t, "kubeconfig", stringify(config));
  return {
    proxy,
    client: await connect(t, { kubeconfig }),
    /** The server has another certificate, by another authority. */
    rotate() {
      authority = newAuthority();
      proxy.replace(authority.issue("127.0.0.1"));
    },
    /** The file has that authority. Kubernetes replaces files as a whole. */
    publish: () => replaceFile(file, authority.cert),
  };
}

test("a rotated authority is read again at once when the server shows a certificate of it", async (t) => {
  const namespace = await newNamespace(t);
  const { client, proxy, rotate, publish } = await behindProxy(t);
  await client.create(configMaps, {
    metadata: { namespace, name: "one" },
  });
  rotate();
  await publish();
  proxy.cut();
  t.is((await client.get(configMaps, { namespace, name: "one" })).metadata.name, "one");
});

test("until the file has the new authority, nobody is believed; then calls and watches go on", async (t) => {
  const namespace = await newNamespace(t);
  const { client, proxy, rotate, publish } = await behindProxy(t);
  await client.create(configMaps, {
    metadata: { namespace, name: "one" },
  });
  rotate();
  proxy.cut();
  const firstName = async () => {
    const options = { namespace, resourceVersion: undefined, timeoutSeconds: 60 };
    for await (const event of watchOnce(client, configMaps, options))
      return "object" in event ? event.object.metadata.name : undefined;
    return undefined;
  };
  await t.throwsAsync(client.get(configMaps, { namespace, name: "one" }), { instanceOf: ConnectionError });
  await t.throwsAsync(firstName(), { instanceOf: ConnectionError });
  await publish();
  const name = await waitFor(
    () =>
      firstName().catch((error: unknown) => {
        // What was read in vain isn't read again within a second.
        if (error instanceof ConnectionError) return undefined;
        throw error;
      }),
    { what: "the watch to be accepted" },
  );
  t.is(name, "one");
});
