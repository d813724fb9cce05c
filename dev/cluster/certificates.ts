import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** Paths of PEM files. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

const DAYS = "365";
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A certificate authority of its own, `<name>.crt` and `<name>.key` in the folder. */
export async function makeAuthority(folder: string, name: string): Promise<KeyPair> {
  const pair = pairOf(folder, name);
  const output = ["-keyout", pair.key, "-out", pair.certificate];
  await run("openssl", ["req", "-x509", ...newKey, "-days", DAYS, "-subj", `/CN=${name}`, ...output]);
  return pair;
}

/**
 * A key and a certificate for it, `<name>.crt` and `<name>.key` in the folder.
 *
 * @param options.subject as OpenSSL writes it: "/O=organization/CN=name"
 * @param options.names that a server answers to, as OpenSSL writes them: "DNS:localhost", "IP:127.0.0.1"
 */
export async function issueCertificate(
  authority: KeyPair,
  folder: string,
  options: { name: string; subject: string; names?: readonly string[] },
): Promise<KeyPair> {
  const pair = pairOf(folder, options.name);
  const request = join(folder, `${options.name}.csr`);
  const extensions = join(folder, `${options.name}.ext`);
  await run("openssl", ["req", ...newKey, "-subj", options.subject, "-keyout", pair.key, "-out", request]);
  await writeFile(extensions, options.names ? `subjectAltName=${options.names.join(",")}\n` : "");
  const signed = ["-CA", authority.certificate, "-CAkey", authority.key, "-CAcreateserial", "-days", DAYS];
  const files = ["-in", request, "-extfile", extensions, "-out", pair.certificate];
  await run("openssl", ["x509", "-req", ...signed, ...files]);
  return pair;
}

function pairOf(folder: string, name: string): KeyPair {
  return { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
}
