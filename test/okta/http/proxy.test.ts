import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type LookupFunction } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { issueCertificate, makeAuthority } from "../../../dev/cluster/certificates.ts";
import { Destinations } from "../../../okta/http/destinations.ts";
import { Http, type HttpOptions } from "../../../okta/http/http.ts";
import { proxyFrom } from "../../../okta/http/proxy.ts";
import { LOOPBACK } from "../loopback.ts";
import { CLOSED_URL } from "../server.ts";

/** Names that no name server knows: only the proxy can lead there. */
const OKTA = "acme.okta.test";
const INSIDE = "okta.inside.test";

let certificate: { cert: string; key: string };

test.before(async () => {
  const folder = await mkdtemp(join(tmpdir(), "proxy-"));
  const authority = await makeAuthority(folder, "authority");
  const names = [OKTA, INSIDE].map((name) => `DNS:${name}`);
  const pair = await issueCertificate(authority, folder, { name: "okta", subject: "/CN=okta", names });
  certificate = { cert: await readFile(pair.certificate, "utf8"), key: await readFile(pair.key, "utf8") };
  setDefaultCACertificates([...getCACertificates(), await readFile(authority.certificate, "utf8")]);
  await rm(folder, { recursive: true });
});

/** Okta, a proxy that leads there whatever the name, and what the proxy was asked. @param answer its own; "": none */
async function scene(t: ExecutionContext, answer?: string) {
  const okta = createTlsServer(certificate, (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"from":"okta"}');
  });
  const proxy = createServer();
  const asked: { target: string | undefined; authorization: string | undefined }[] = [];
  proxy.on("connect", ({ url, headers }: IncomingMessage, client) => {
    asked.push({ target: url, authorization: headers["proxy-authorization"] });
    client.on("error", () => client.destroy());
    if (answer !== undefined) {
      if (answer !== "") client.end(answer);
      return;
    }
    const through = connect((okta.address() as AddressInfo).port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(through).pipe(client);
    });
    for (const socket of [client, through]) socket.on("error", () => through.destroy());
  });
  for (const server of [okta, proxy]) {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.teardown(() => void server.close());
  }
  const port = (proxy.address() as AddressInfo).port;
  const http = (environment: Record<string, string>, options: HttpOptions = {}) => {
    const made = new Http({ timeoutMs: 5_000, ...options, proxy: proxyFrom(environment) });
    t.teardown(() => made.close());
    return made;
  };
  return { asked, port, http };
}

test("what goes to Okta goes through the proxy of the environment, with its credentials", async (t) => {
  const { asked, port, http } = await scene(t);
  const read = http({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${port}` }).json(`https://${OKTA}/`);
  t.deepEqual(await read, { from: "okta" });
  const authorization = `Basic ${Buffer.from("user:secret").toString("base64")}`;
  t.deepEqual(asked, [{ target: `${OKTA}:443`, authorization }]);
});

test("a proxy may have a name, and be where no Okta may be", async (t) => {
  const { port, http } = await scene(t);
  const lookup: LookupFunction = (_hostname, _options, callback) =>
    callback(null, [{ address: "127.0.0.1", family: 4 }]);
  const named = http({ HTTPS_PROXY: `http://proxy.inside.test:${port}` }, { lookup });
  t.deepEqual(await named.json(`https://${OKTA}/`), { from: "okta" });
});

test("what NO_PROXY names is asked directly, where it may be called, and so is this machine", async (t) => {
  const { asked, port, http } = await scene(t);
  const environment = { https_proxy: `http://127.0.0.1:${port}`, no_proxy: ".inside.test" };
  const lookup: LookupFunction = (_hostname, _options, callback) =>
    callback(null, [{ address: "127.0.0.1", family: 4 }]);
  const inside = http(environment, { lookup, destinations: LOOPBACK });
  await t.throwsAsync(inside.json(`https://${INSIDE}:9/`), { message: /nobody listens there/ });
  await t.throwsAsync(inside.json(CLOSED_URL), { message: /nobody listens there \(ECONNREFUSED\)\.$/ });
  await t.throwsAsync(http(environment, { lookup }).json(`https://${INSIDE}:9/`), {
    message: /no address was found/,
  });
  t.deepEqual(asked, []);
});

test("a proxy is asked for names alone, of those that are listed, wherever they lead", async (t) => {
  const { asked, port, http } = await scene(t);
  const environment = { HTTPS_PROXY: `http://127.0.0.1:${port}` };
  for (const host of ["127.0.0.1", "10.1.2.3", "[::1]", "localhost"])
    await t.throwsAsync(http(environment).json(`https://${host}/`), { message: /no address was found/ });
  const listed = http(environment, { destinations: new Destinations({ hosts: [OKTA] }) });
  await t.throwsAsync(listed.json(`https://${INSIDE}/`), { code: "host-not-listed" });
  t.deepEqual(asked, []);
  t.deepEqual(await listed.json(`https://${OKTA}/`), { from: "okta" });
});

test("a proxy that refuses is named in the error, and its password isn't", async (t) => {
  const { port, http } = await scene(t, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  const error = await t.throwsAsync(
    http({ HTTPS_PROXY: `http://user:secret@127.0.0.1:${port}` }).json(`https://${OKTA}/`),
  );
  t.regex(error?.message ?? "", /the proxy refuses to connect to it \(407\) \(it goes through HTTPS_PROXY/);
  t.notRegex(JSON.stringify(error, Object.getOwnPropertyNames(error)), /secret/);
});

test("a proxy that takes connections and says nothing is given up, and asked again", async (t) => {
  const { asked, port, http } = await scene(t, "");
  const bounds = { timeoutMs: 300, connectTimeoutMs: 100, connectionsPerOrigin: 2 };
  const client = http({ HTTPS_PROXY: `http://127.0.0.1:${port}` }, bounds);
  t.timeout(60_000, "a call doesn't end");
  // Where connections that wait in vain used up all there are, the third would never get to the proxy. On a busy machine
  // a call may end before the proxy has heard of it.
  for (let calls = 0; asked.length <= 2; calls++) {
    if (calls === 50) return t.fail("the proxy isn't asked again");
    await t.throwsAsync(client.json(`https://${OKTA}/`), {
      message: /may be the proxy that fails|didn't answer/,
    });
  }
});
