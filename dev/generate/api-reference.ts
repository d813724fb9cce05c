import type { Crd } from "./crd.ts";
export function apiReference(_crds: Crd[]): string { return ""; }
