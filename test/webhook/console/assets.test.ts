import { readFileSync } from "node:fs";
import test from "ava";
import { assetAddress, assetAt } from "../../../webhook/console/assets.ts";

test("a page's script is at an address that names what is in it, and at no other", (t) => {
  const addresses = (["copy", "follow"] as const).map((name) => {
    const address = assetAddress(name);
    t.regex(address, new RegExp(`^/login/assets/${name}-[\\w-]{12}\\.js$`));
    const script = readFileSync(new URL(`../../../webhook/console/scripts/${name}.js`, import.meta.url));
    t.deepEqual(assetAt(address), { address, content: script });
    return address;
  });
  const digests = new Set(addresses.map((address) => address.slice(-15)));
  t.is(digests.size, 2);
  for (const path of ["/login/assets/", "/login/assets/copy.js", "", `${addresses[0]}?x`])
    t.is(assetAt(path), undefined, path);
});
