import type { ExecutionContext } from "ava";
import type { Manifest } from "./objects.ts";
import type { TestNamespace } from "./server.ts";

/** Where the fault is, and how what is said of it ends. */
export type Complaint = readonly [where: string, message: string];

/** `kubectl apply` refuses the manifest with these complaints and no others. */
export async function assertRefused(
  t: ExecutionContext,
  namespace: Pick<TestNamespace, "kubectl">,
  manifest: Manifest,
  expected: readonly Complaint[],
): Promise<void> {
  const { code, stderr } = await namespace.kubectl(["apply", "--dry-run=server", "-f", "-"], manifest);
  t.not(code, 0, "it was accepted");
  assertComplaints(t, stderr, expected);
}

/** kubectl printed these complaints and no others. */
export function assertComplaints(t: ExecutionContext, stderr: string, expected: readonly Complaint[]): void {
  const said = complaints(stderr);
  for (const [where, message] of expected) {
    t.true(
      said.some((line) => line.startsWith(`${where}: `) && line.endsWith(`: ${message}`)),
      `no complaint on ${where} that says\n  ${message}\nin\n${stderr}`,
    );
  }
  t.is(said.length, expected.length, `more was said than expected:\n${stderr}`);
}

/** `kubectl apply` accepts the manifest, and nobody is warned of anything. */
export async function assertAccepted(
  t: ExecutionContext,
  namespace: Pick<TestNamespace, "kubectl">,
  manifest: Manifest,
): Promise<void> {
  const { code, stderr } = await namespace.kubectl(["apply", "--dry-run=server", "-f", "-"], manifest);
  t.is(stderr, "");
  t.is(code, 0);
}

/**
 * Takes kubectl's message apart: one complaint stands behind "is invalid: ", several on a line each. Up to Kubernetes
 * 1.33 a value that is an object is written as in Go, and null has quotation marks.
 */
function complaints(stderr: string): string[] {
  const [, list = ""] = stderr.split(" is invalid: ");
  return list
    .split("\n")
    .map((line) => line.replace(/^\* /, "").replace("map[string]interface {}{", "{").trim())
    .filter(
      (line) => line !== "" && !/^<nil>: Invalid value: "?null"?: some validation rules were not/.test(line),
    );
}
