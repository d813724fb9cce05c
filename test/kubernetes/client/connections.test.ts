import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { createSecureServer, type ServerHttp2Session } from "node:http2";
import { type AddressInfo, connect, type Socket } from "node:net";
import test, { type ExecutionContext } from "ava";
import { ConnectionError, createClient } from "../../../kubernetes/index.ts";
import { type Certificate, newAuthority } from "../../certificates.ts";
import { logLines } from "../../log-lines.ts";
import { replaceFile } from "../../replace-file.ts";
import { waitFor } from "../../wait-for.ts";
import { temporaryFile } from "../api-server.ts";
import { gadgets } from "../gadgets.ts";
import { oneContext } from "../one-context.ts";

/** A server that speaks HTTP/2 as well as 1.1. It answers everything, watches with one bookmark, and shows what came. */
async function tlsServer(t: ExecutionContext, certificate: Certificate) {
  const requests: { version: string; port: number | undefined; url: string | undefined }[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<Socket>();
  const server = createSecureServer({ ...certificate, allowHTTP1: true }, (request, response) => {
    const { httpVersion: version, socket, url } = request;
    requests.push({ version, port: socket.remotePort, url });
    response.writeHead(200, { "content-type": "application/json" });
    const metadata = { name: "x", resourceVersion: "7" };
    if (url?.includes("watch=true"))
      response.write(`${JSON.stringify({ type: "BOOKMARK", object: { metadata } })}\n`);
    else response.end(JSON.stringify({ metadata, items: [] }));
  });
  Object.assign(server, { keepAliveTimeout: 0 }); // it closes no connection by itself; its types don't have that
  server.on("session", (session) => sessions.add(session));
  server.on("connection", (socket) => sockets.add(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  t.teardown(() => {
    server.close();
    cut();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://127.0.0.1:${port}`, port, requests, sessions, sockets, server, cut };
}

/** A proxy that leads whoever asks it for anything to this port. */
async function httpProxy(t: ExecutionContext, port: number) {
  const asked: (string | undefined)[] = [];
  const proxy = createServer().on("connect", ({ url }: IncomingMessage, client) => {
    asked.push(url);
    const through = connect(port, "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection established\r\n\r\n");
      client.pipe(through).pipe(client);
    });
    client.on("error", () => through.destroy()).on("close", () => through.destroy());
    through.on("error", () => client.destroy()).on("close", () => client.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.teardown(() => void proxy.close());
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, asked };
}

async function clientOf(t: ExecutionContext, cluster: object) {
  const kubeconfig = await oneContext(t, { cluster });
  const client = await createClient({ kubeconfig, userAgent: "test/1", log: logLines().log });
  t.teardown(() => client.close());
  const connection = client.watchConnection();
  t.teardown(() => connection.reset(new Error("the test is over")));
  const watch = () => connection.watch(gadgets, { resourceVersion: "1", timeoutSeconds: 60 });
  return { client, connection, watch };
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const authorityOf = ({ cert }: Certificate) => ({ "certificate-authority-data": base64(cert) });

const closed = (sockets: Iterable<Socket>) =>
  waitFor(() => [...sockets].every(({ destroyed }) => destroyed) || undefined, {
    what: "connections to be closed",
  });

/** Whoever waits for another event of it waits until it is over. */
async function ending(watch: AsyncIterable<unknown>): Promise<unknown> {
  try {
    for await (const _ of watch);
    return undefined;
  } catch (error) {
    return error;
  }
}

test("calls have HTTP/1.1 connections of their own; watches share one of HTTP/2 with their heartbeat", async (t) => {
  const authority = newAuthority();
  const { url, requests, sessions } = await tlsServer(t, authority.issue("127.0.0.1"));
  const { client, connection, watch } = await clientOf(t, { server: url, ...authorityOf(authority) });
  await Promise.all([client.get(gadgets, "team/x"), client.get(gadgets, "team/x")]);
  t.deepEqual(
    requests.map(({ version }) => version),
    ["1.1", "1.1"],
  );
  t.not(requests[0]?.port, requests[1]?.port);
  const watches = [await watch(), await watch()];
  t.is(await connection.heartbeat(gadgets, {}), "7");
  t.deepEqual(
    requests.slice(2).map(({ version }) => version),
    ["2.0", "2.0", "2.0"],
  );
  t.is(sessions.size, 1);
  const cause = new Error("enough");
  connection.reset(cause);
  for (const each of watches) {
    const error = await ending(each);
    t.true(error instanceof ConnectionError && error.cause === cause);
  }
});

test("a server that goes away ends the watches, so that they and their heartbeat go on together", async (t) => {
  const authority = newAuthority();
  for (const isBehindProxy of [false, true]) {
    const { url, port, sessions } = await tlsServer(t, authority.issue("127.0.0.1"));
    const proxy = isBehindProxy ? { "proxy-url": (await httpProxy(t, port)).url } : {};
    const { connection, watch } = await clientOf(t, { server: url, ...authorityOf(authority), ...proxy });
    const running = await watch();
    for (const session of sessions) session.goaway(0, 2 ** 31 - 1);
    const error = await ending(running);
    t.regex(String(error instanceof ConnectionError && error.cause), /GOAWAY/, "and not for lack of time");
    await watch();
    await connection.heartbeat(gadgets, {});
    t.is(sessions.size, 2);
  }
});

test("a server is believed when its authority and its name are those that are expected, or nobody cares", async (t) => {
  const authority = newAuthority();
  const { url, requests } = await tlsServer(t, authority.issue("kube.example"));
  const trusted = { server: url, ...authorityOf(authority) };
  const table: [cluster: object, isBelieved: boolean][] = [
    [trusted, false],
    [{ ...trusted, "tls-server-name": "kube.example" }, true],
    [{ ...trusted, "tls-server-name": "other.example" }, false],
    [{ server: url, ...authorityOf(newAuthority()), "tls-server-name": "kube.example" }, false],
    [{ server: url, "tls-server-name": "kube.example" }, false],
    [{ server: url, "insecure-skip-tls-verify": true }, true],
  ];
  for (const [cluster, isBelieved] of table) {
    requests.length = 0;
    const { client, watch } = await clientOf(t, cluster);
    const create = client.create(
      gadgets,
      { metadata: { namespace: "team", name: "x" } },
      { timeoutMs: 5_000 },
    );
    if (isBelieved) await t.notThrowsAsync(Promise.all([create, watch()]));
    else {
      await t.throwsAsync(create, { instanceOf: ConnectionError });
      await t.throwsAsync(watch(), { instanceOf: ConnectionError });
    }
    t.is(requests.length, isBelieved ? 2 : 0, JSON.stringify(cluster));
  }
});

test("an authority that was rotated is read again when a server shows a certificate of it", async (t) => {
  let authority = newAuthority();
  const { url, server, cut, requests } = await tlsServer(t, authority.issue("127.0.0.1"));
  const file = await temporaryFile(t, "ca.crt", authority.cert);
  const { client, connection, watch } = await clientOf(t, { server: url, "certificate-authority": file });
  await client.get(gadgets, "team/x");
  const running = await watch();
  const rotate = async () => {
    authority = newAuthority();
    server.setSecureContext({ ...authority.issue("127.0.0.1") });
    await replaceFile(file, authority.cert);
    cut();
  };
  await rotate();
  t.true((await ending(running)) instanceof ConnectionError);
  await watch();
  await client.get(gadgets, "team/x");
  await rotate();
  await client.get(gadgets, "team/x");
  t.is(await connection.heartbeat(gadgets, {}), "7");
  t.is(requests.length, 6);
  // Nobody is believed for having another certificate alone.
  server.setSecureContext({ ...newAuthority().issue("127.0.0.1") });
  cut();
  // What can be sent twice: a call may find the end of its connection before the server.
  const distrust = { instanceOf: ConnectionError, message: /certificate/ };
  await t.throwsAsync(client.get(gadgets, "team/x"), distrust);
  await t.throwsAsync(watch(), distrust);
  t.is(requests.length, 6);
});

test("a proxy is asked for the server, for calls and for watches with their heartbeat", async (t) => {
  const authority = newAuthority();
  const { url, port, requests } = await tlsServer(t, authority.issue("127.0.0.1"));
  const proxy = await httpProxy(t, port);
  const cluster = { server: url, ...authorityOf(authority) };
  const by = await clientOf(t, { ...cluster, "proxy-url": proxy.url });
  await by.client.get(gadgets, "team/x");
  await by.watch();
  t.is(await by.connection.heartbeat(gadgets, {}), "7");
  t.deepEqual(proxy.asked, [`127.0.0.1:${port}`, `127.0.0.1:${port}`]);
  t.deepEqual(
    requests.map(({ version }) => version),
    ["1.1", "2.0", "2.0"],
  );
});

test("who closes a client closes its connections", async (t) => {
  const authority = newAuthority();
  const { url, sockets } = await tlsServer(t, authority.issue("127.0.0.1"));
  const { client } = await clientOf(t, { server: url, ...authorityOf(authority) });
  await client.get(gadgets, "team/x");
  t.is(sockets.size, 1);
  await client.close();
  await closed(sockets);
});
