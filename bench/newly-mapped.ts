import { setTimeout as sleep } from "node:timers/promises";
import type { SessionChecks } from "./session-checks.ts";
import type { SignIns } from "./sign-ins.ts";

const PAUSE_MS = 20;
const TIMEOUT_MS = 60_000;

/** Signs somebody in, whose group may be mapped since a moment ago only. @returns the Cookie header of their session */
export async function signedIn(signIns: SignIns, checks: SessionChecks, group: string): Promise<string> {
  for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(PAUSE_MS)) {
    const [prepared] = await signIns.prepare([{ subject: group, groups: [group] }]);
    const cookie = prepared && (await signIns.finish([prepared]).catch(() => []))[0];
    if (cookie !== undefined && (await checks.status(cookie)) === 200) return cookie;
    if (performance.now() > deadline) throw new Error(`nobody in ${group} could sign in`);
  }
}
