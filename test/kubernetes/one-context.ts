import type { ExecutionContext } from "ava";
import { stringify } from "yaml";
import { temporaryFile } from "./api-server.ts";

/** Where nobody answers. */
const NOWHERE = { server: "https://127.0.0.1:9" };

/** A kubeconfig that knows one context, as a file that is removed after the test. */
export function oneContext(
  t: ExecutionContext,
  { cluster = NOWHERE, user = {}, ...more }: { cluster?: object; user?: object; namespace?: string },
): Promise<string> {
  const config = {
    "current-context": "x",
    contexts: [{ name: "x", context: { cluster: "x", user: "x", ...more } }],
    clusters: [{ name: "x", cluster }],
    users: [{ name: "x", user }],
  };
  return temporaryFile(t, "kubeconfig", stringify(config));
}
