import { X509Certificate } from "node:crypto";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Logger } from "pino";
import { followFiles } from "../kubernetes/index.ts";

/** A file has no certificates in it, or one that can't be read. */
export class NoCertificatesError extends Error {
  readonly code = "no-certificates";
}

/**
 * Trusts the certificates of a file beside the public ones, for everything that this process connects to without saying
 * whom it trusts: that is every Okta, and not the Kubernetes API. The file is read again when it changes.
 *
 * @param file PEM; undefined trusts nothing more
 * @param everyMs how often it is looked at, in milliseconds
 * @returns ends the reading
 * @throws NoCertificatesError, and what reading the file throws
 */
export async function trustCertificates(
  file: string | undefined,
  log: Logger,
  everyMs?: number,
): Promise<() => void> {
  if (file === undefined) return () => {};
  const usual = getCACertificates("default");
  const trust = ([pem = ""]: readonly string[]) => {
    const certificates = certificatesIn(pem, file);
    setDefaultCACertificates([...usual, ...certificates]);
    log.info(
      { file, certificates: certificates.length },
      "these certificates are trusted beside the public ones",
    );
  };
  return followFiles([file], trust, { log, ...(everyMs === undefined ? {} : { everyMs }) });
}

function certificatesIn(pem: string, file: string): string[] {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) throw new NoCertificatesError(`${file} has no PEM certificate in it`);
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (cause) {
      throw new NoCertificatesError(`the certificate ${index + 1} in ${file} can't be read`, { cause });
    }
  }
  return certificates;
}
