import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** The scripts in `scripts/`. Pages work without them. */
const NAMES = ["copy", "follow"] as const;

export type AssetName = (typeof NAMES)[number];

export interface Asset {
  /** Names what is in it, so that it can be kept for ever. */
  readonly address: string;
  readonly content: Buffer;
}

/** Where assets are. No organization has this login path. */
const FOLDER = "/login/assets/";

// In the image the folder stands beside the program.
const assets = new Map<string, Asset>(
  NAMES.map((name) => {
    const content = readFileSync(new URL(`./scripts/${name}.js`, import.meta.url));
    const digest = createHash("sha256").update(content).digest("base64url").slice(0, 12);
    return [name, { address: `${FOLDER}${name}-${digest}.js`, content }];
  }),
);

const byAddress = new Map([...assets.values()].map((asset) => [asset.address, asset]));

/** For a page that asks for it. */
export function assetAddress(name: AssetName): string {
  return assets.get(name)?.address ?? "";
}

/** @param path of a request, as it came */
export function assetAt(path: string): Asset | undefined {
  return byAddress.get(path);
}
