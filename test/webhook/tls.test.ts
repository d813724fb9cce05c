import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:https";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TLSSocket } from "node:tls";
import test, { type ExecutionContext } from "ava";
import { type ServeOptions, serve } from "../../webhook/server.ts";
import { TlsFilesError, tlsFiles } from "../../webhook/tls.ts";
import { type Authority, type Certificate, newAuthority } from "../certificates.ts";
import { productUnderTest } from "../journeys/product-under-test.ts";
import { logLines } from "../log-lines.ts";
import { replaceFile } from "../replace-file.ts";
import { waitFor } from "../wait-for.ts";

/** A server with its certificate in files, and what replaces these. */
async function served(t: ExecutionContext, bounds: ServeOptions["bounds"] = {}) {
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  const write = async ({ cert, key }: Partial<Certificate>) => {
    for (const [path, content] of [
      [files.cert, cert],
      [files.key, key],
    ] as const) {
      if (content !== undefined) await replaceFile(path, content);
    }
  };
  const authority = newAuthority();
  await write(authority.issue("localhost"));
  const { log, lines } = logLines();
  const options = { port: 0, host: "127.0.0.1", tls: { ...files, log, everyMs: 20 }, bounds };
  const server = await serve((_req, res) => res.end("here"), options);
  t.teardown(() => server.close(0));
  return { server, authority, write, lines };
}

/** One request. @returns who has signed the certificate, and whether the connection was there before */
async function ask(port: number, { cert }: Authority, agent: Agent) {
  const asked = request({ host: "127.0.0.1", servername: "localhost", port, ca: cert, agent });
  const [response] = await once(asked.end(), "response");
  response.resume();
  await once(response, "end");
  if (!(asked.socket instanceof TLSSocket)) throw new Error("it isn't TLS");
  return {
    status: response.statusCode,
    fingerprint: asked.socket.getPeerCertificate().fingerprint256,
    reused: asked.reusedSocket,
  };
}

test("a replaced certificate is shown to new connections, and those that are open go on: no request fails", async (t) => {
  const { server, authority, write } = await served(t);
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const fresh = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  t.teardown(() => kept.destroy());
  const before = await ask(server.port, authority, kept);
  t.is(before.status, 200);
  await write(authority.issue("localhost"));
  await waitFor(
    async () => {
      // Both are asked all the while; what fails ends the test.
      const [open, other] = [
        await ask(server.port, authority, kept),
        await ask(server.port, authority, fresh),
      ];
      t.like(open, { status: 200, reused: true, fingerprint: before.fingerprint });
      t.is(other.status, 200);
      return other.fingerprint === before.fingerprint ? undefined : true;
    },
    { what: "the new certificate" },
  );
});

test("another authority's certificate is served as well: whoever trusts the one before doesn't believe it", async (t) => {
  const { server, authority, write } = await served(t);
  const other = newAuthority();
  await write(other.issue("localhost"));
  const fresh = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  await waitFor(
    async () => ((await ask(server.port, other, fresh).catch(() => undefined)) ? true : undefined),
    {
      what: "the other authority's certificate",
    },
  );
  await t.throwsAsync(ask(server.port, authority, fresh), { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
});

test("a key that doesn't belong to the certificate changes nothing, until its certificate is there, too", async (t) => {
  const { server, authority, write, lines } = await served(t);
  const fresh = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  const before = await ask(server.port, authority, fresh);
  const next = authority.issue("localhost");
  await write({ key: next.key });
  await waitFor(() => lines.find(({ level }) => level === 40), { what: "the log to say so" });
  t.is((await ask(server.port, authority, fresh)).fingerprint, before.fingerprint);
  await write({ cert: next.cert });
  await waitFor(
    async () =>
      (await ask(server.port, authority, fresh)).fingerprint === before.fingerprint ? undefined : true,
    { what: "the new certificate" },
  );
  t.false(JSON.stringify(lines).includes("PRIVATE KEY"));
});

test("a connection on which nobody begins with TLS is closed", async (t) => {
  const { server } = await served(t, { handshakeTimeout: 50 });
  const socket = connect(server.port, "127.0.0.1").on("error", () => {});
  t.teardown(() => socket.destroy());
  await t.notThrowsAsync(
    waitFor(() => socket.closed || undefined, { what: "it to be closed", timeoutMs: 20_000 }),
  );
});

test("without files there is no server; one of the two flags alone is refused", async (t) => {
  const { log } = logLines();
  const tls = { cert: "/nowhere/tls.crt", key: "/nowhere/tls.key", log };
  await t.throwsAsync(
    serve(() => {}, { port: 0, host: "127.0.0.1", tls }),
    { code: "ENOENT" },
  );
  t.is(tlsFiles({ "tls-cert": undefined, "tls-key": undefined }), undefined);
  t.throws(() => tlsFiles({ "tls-cert": "a", "tls-key": undefined }), { instanceOf: TlsFilesError });
  t.throws(() => tlsFiles({ "tls-cert": undefined, "tls-key": "a" }), { instanceOf: TlsFilesError });
});

test("the program speaks TLS where people sign in, and plain http to probes", async (t) => {
  const { startWebhook } = await productUnderTest(t, {});
  const folder = await mkdtemp(join(tmpdir(), "tls-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const authority = newAuthority();
  const { cert, key } = authority.issue("localhost");
  const files = { "--tls-cert": cert, "--tls-key": key, "--trusted-certificates": authority.cert };
  const flags: string[] = [];
  for (const [flag, content] of Object.entries(files)) {
    const path = join(folder, flag);
    await writeFile(path, content);
    flags.push(flag, path);
  }
  const { port, healthPort } = await startWebhook(undefined, 0, flags);
  const agent = new Agent({ keepAlive: false });
  t.is((await ask(port, authority, agent)).status, 200, "the start page");
  t.is((await fetch(`http://127.0.0.1:${healthPort}/readyz`)).status, 200);
  await t.throwsAsync(fetch(`http://127.0.0.1:${port}/session`), undefined, "no plain http beside it");
});
