/** One sign-in's way through the files. */
import type { Sources } from "../../layout/sources.ts";
import { type Functions, functionsIn } from "./functions.ts";

/** A function that a sign-in passes: where it is, and what it is called. */
type Step = readonly [file: string, name: string];

/** The way of a sign-in, in the order in which its functions are called. The first is called by Express. */
const SIGN_IN: readonly Step[] = [
  ["webhook/routes/callback.ts", "callback"],
  ["organizations/oidc-clients.ts", "OidcClients.finishLogin"],
  ["okta/oidc/oidc.ts", "Oidc.finishLogin"],
  ["webhook/sign-in/okta-sign-ins.ts", "OktaSignIns.complete"],
  ["identity/groups-verdict.ts", "groupsVerdict"],
  ["identity/provision.ts", "provisionSignIn"],
  ["identity/account-access.ts", "resolveSignIn"],
  ["identity/resolve-access.ts", "resolveAccess"],
  ["identity/stores/kubernetes/kubernetes-store.ts", "KubernetesStore.create"],
  ["webhook/sign-in/status-reporter.ts", "StatusReporter.signedIn"],
  ["webhook/sessions/sessions.ts", "Sessions.start"],
];

/** The way leads over a function that isn't there, has no comment, or isn't called on the way. */
export class LostWayError extends Error {
  readonly code = "lost-way";
  constructor([file, name]: Step, why: string) {
    super(
      `The way of a sign-in leads over ${name} in ${file}, ${why}: correct dev/generate/pictures/sign-in.ts`,
    );
    this.name = "LostWayError";
  }
}

/**
 * @param sources of the whole repository
 * @returns a mermaid flow chart: the files in order, with what their functions' comments say. An arrow comes from the
 * file that calls; if several before it do, from the last one
 * @throws LostWayError
 */
export function signInPicture(sources: Sources, way: readonly Step[] = SIGN_IN): string {
  const before: Functions[] = [];
  const boxes: string[] = [];
  const arrows: string[] = [];
  way.forEach((step, index) => {
    const [file, name] = step;
    const text = sources.get(file);
    if (text === undefined) throw new LostWayError(step, "but there is no such file");
    const functions = functionsIn(file, text);
    if (!functions.sentences.has(name)) throw new LostWayError(step, "but there is no such function");
    const sentence = functions.sentences.get(name);
    if (!sentence) throw new LostWayError(step, "whose comment begins with no sentence");
    const caller = before.findLastIndex(({ called }) => called.has(/\.?\w+$/.exec(name)?.[0] ?? name));
    if (index > 0 && caller < 0) throw new LostWayError(step, "but no file before it calls that");
    before.push(functions);
    boxes.push(`  ${index + 1}["<b>${file}</b><br>${inBox(`${name}: ${sentence}`)}"]`);
    if (caller >= 0) arrows.push(`  ${caller + 1} -->|${index}| ${index + 1}`);
  });
  return [WIDE, "flowchart TD", ...boxes, ...arrows].join("\n");
}

/** The boxes' width, for a sentence on a few lines. */
const WIDE = "---\nconfig: {flowchart: {wrappingWidth: 300}}\n---";

/** Mermaid's own way to escape what would be markup. */
function inBox(text: string): string {
  return text.replaceAll(/["<>&`]/g, (character) => `#${character.charCodeAt(0)};`);
}
