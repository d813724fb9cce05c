/** Certificates for servers of tests, made here: not every machine has OpenSSL's command, and those in files expire. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Who signs certificates. */
export interface Authority extends Certificate {
  /** A certificate for a server that is found under these names and addresses. */
  issue(...names: string[]): Certificate;
}

/** An authority that nobody trusts yet. */
export function newAuthority(name = `a test's authority ${randomBytes(4).toString("hex")}`): Authority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const signer = { name, key: privateKey };
  return {
    ...certificate(signer, name, { publicKey, privateKey }, [extension(BASIC_CONSTRAINTS, seq(bool(true)))]),
    issue(...names) {
      const alternatives = names.map((one) =>
        isIP(one) === 4 ? tlv(0x87, Buffer.from(one.split(".").map(Number))) : tlv(0x82, Buffer.from(one)),
      );
      const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
      return certificate(signer, "a test's server", pair, [
        extension(ALTERNATIVE_NAMES, seq(...alternatives)),
      ]);
    },
  };
}

const DAY_MS = 24 * 3_600_000;

/** RFC 5280, section 4.1. */
function certificate(
  signer: { name: string; key: KeyObject },
  subject: string,
  { publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject },
  extensions: Buffer[],
): Certificate {
  const algorithm = seq(oid(ECDSA_SHA256));
  const signed = seq(
    tlv(0xa0, tlv(0x02, Buffer.from([2]))), // version 3
    tlv(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), // serial number
    algorithm,
    distinguishedName(signer.name),
    seq(time(Date.now() - DAY_MS), time(Date.now() + DAY_MS)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, seq(...extensions)),
  );
  const signature = tlv(0x03, Buffer.concat([Buffer.from([0]), sign("sha256", signed, signer.key)]));
  const lines =
    seq(signed, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

const ECDSA_SHA256 = "2a8648ce3d040302";
const COMMON_NAME = "550403";
const BASIC_CONSTRAINTS = "551d13";
const ALTERNATIVE_NAMES = "551d11";

/** A value with its tag and length (X.690, distinguished encoding). */
function tlv(tag: number, value: Buffer): Buffer {
  const { length } = value;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : long)]), value]);
}

const seq = (...parts: Buffer[]): Buffer => tlv(0x30, Buffer.concat(parts));
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, "hex"));
const bool = (value: boolean): Buffer => tlv(0x01, Buffer.from([value ? 0xff : 0]));
const time = (ms: number): Buffer =>
  tlv(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/\D/g, "").slice(0, 14)}Z`));
const extension = (id: string, value: Buffer): Buffer => seq(oid(id), tlv(0x04, value));
const distinguishedName = (name: string): Buffer =>
  seq(tlv(0x31, seq(oid(COMMON_NAME), tlv(0x0c, Buffer.from(name)))));
