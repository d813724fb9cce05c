/**
 * Holds the sentences of the layout (CONTRIBUTING.md, "The map"): which folder imports what, that nothing imports in
 * circles, what kubernetes/ doesn't know. Prints each place that breaks one, and exits 1 if there is any.
 *
 *   node dev/layout/main.ts
 *
 * Not by dependency-cruiser, which reads TypeScript by TypeScript's own JavaScript API, up to version 6 of it; nor by
 * Biome's noRestrictedImports, which sees how an import is written and not which file it is. The parser here is the
 * one that knip has.
 */
import { fileURLToPath } from "node:url";
import { breachesIn, told } from "./breaches.ts";
import { readSources } from "./sources.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

const breaches = breachesIn(await readSources(root));
for (const breach of breaches) console.error(told(breach));
process.exitCode = breaches.length === 0 ? 0 : 1;
