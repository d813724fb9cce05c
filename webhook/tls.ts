import { X509Certificate } from "node:crypto";
import type { Server } from "node:https";
import { type ChangingFilesOptions, followFiles } from "../kubernetes/index.ts";

/** The files with which a server proves who it is: PEM, the certificate with what it was signed by. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** One of the two flags without the other. */
export class TlsFilesError extends Error {
  readonly code = "tls-files-incomplete";
}

/**
 * What the flags say; undefined for plain http.
 * @throws TlsFilesError
 */
export function tlsFiles(flags: {
  readonly "tls-cert": string | undefined;
  readonly "tls-key": string | undefined;
}): TlsFiles | undefined {
  const { "tls-cert": cert, "tls-key": key } = flags;
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw new TlsFilesError(
      "--tls-cert and --tls-key belong together: give both, or neither for plain http.",
    );
  return { cert, key };
}

/**
 * Gives a server its certificate, and the next one when the files have changed: for connections that are made from then
 * on. Those that are open stay as they are.
 *
 * @returns ends the reading
 * @throws what reading the files throws, and when they don't belong together
 */
export function followCertificate(
  server: Server,
  files: TlsFiles,
  options: ChangingFilesOptions,
): Promise<() => void> {
  return followFiles(
    [files.cert, files.key],
    ([cert = "", key = ""]) => {
      server.setSecureContext({ cert, key });
      const { validTo } = new X509Certificate(cert);
      options.log.info({ file: files.cert, expires: validTo }, "new connections get this certificate");
    },
    options,
  );
}
