import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { Destinations } from "../../okta/http/destinations.ts";
import { Http } from "../../okta/http/http.ts";
import { NoCertificatesError, trustCertificates } from "../../organizations/trusted-certificates.ts";
import { newAuthority } from "../certificates.ts";
import { logLines } from "../log-lines.ts";
import { replaceFile } from "../replace-file.ts";
import { waitFor } from "../wait-for.ts";

test("an Okta behind an authority of the file's is believed, and behind the next one when the file has changed", async (t) => {
  const [first, second] = [newAuthority(), newAuthority()];
  const server = createServer(first.issue("localhost", "127.0.0.1"), (_request, response) => response.end());
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.teardown(() => server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no address");
  const url = `https://127.0.0.1:${address.port}/`;
  /** As the programs have it, on a connection of its own. */
  const ask = async () => {
    const http = new Http({ destinations: new Destinations({ addresses: ["loopback"] }) });
    try {
      return await http.request(url);
    } finally {
      await http.close();
    }
  };
  await t.throwsAsync(ask(), { message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/ }, "nobody trusts it yet");

  const folder = await mkdtemp(join(tmpdir(), "certificates-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const file = join(folder, "ca.crt");
  const publish = (content: string) => replaceFile(file, content);
  await publish(`# ours\n${first.cert}`);
  const { log, lines } = logLines();
  t.teardown(await trustCertificates(file, log, 20));
  t.is((await ask()).status, 200);

  server.setSecureContext(second.issue("127.0.0.1"));
  await t.throwsAsync(ask(), { message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/ });
  await publish("nothing that could be trusted");
  await waitFor(() => lines.find(({ level }) => level === 40), { what: "the log to say so" });
  await publish(second.cert);
  await waitFor(() => ask().catch(() => undefined), { what: "the second authority to be trusted" });
});

test("a file without certificates, or with a broken one, is refused at the start", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "certificates-"));
  t.teardown(() => rm(folder, { recursive: true }));
  const { log } = logLines();
  const file = join(folder, "ca.crt");
  await writeFile(file, "no certificate\n");
  await t.throwsAsync(trustCertificates(file, log), { instanceOf: NoCertificatesError, message: /no PEM/ });
  const broken = newAuthority().cert.split("\n");
  await writeFile(file, [...broken.slice(0, 2), ...broken.slice(3)].join("\n"));
  await t.throwsAsync(trustCertificates(file, log), { message: /certificate 1 in .* can't be read/ });
  await t.throwsAsync(trustCertificates(join(folder, "missing"), log), { code: "ENOENT" });
  await t.notThrowsAsync(trustCertificates(undefined, log), "nobody has named a file");
});
