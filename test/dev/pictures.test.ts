import test from "ava";
import { foldersPicture } from "../../dev/generate/pictures/folders.ts";
import { LostWayError, signInPicture } from "../../dev/generate/pictures/sign-in.ts";
import { importsIn } from "../../dev/layout/imports.ts";

/** @param files path -> the files that it imports, by path: a made-up repository */
function arrowsOf(files: Record<string, string[]>): string[] {
  const sources = Object.entries(files).map(([path, imported]) => {
    const up = "../".repeat(path.split("/").length - 1);
    return [path, imported.map((to) => `import "${up}${to}";\n`).join("")] as const;
  });
  const picture = foldersPicture(importsIn(new Map(sources)));
  return picture
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.includes("-->"));
}

test("the picture of the folders has an arrow where one imports another, and none for a shorter way", (t) => {
  const arrows = arrowsOf({
    "webhook/app.ts": ["okta/errors.ts", "organizations/clients.ts", "webhook/server.ts", "test/a.ts"],
    "organizations/clients.ts": ["okta/oidc/oidc.ts"],
    "identity/stores/kubernetes/store.ts": ["identity/policy.ts"],
    "test/a.ts": ["webhook/app.ts"],
  });
  t.deepEqual(arrows, [
    "identity-stores --> identity",
    "organizations --> okta",
    "webhook --> organizations",
  ]);
});

test("inside okta/ and kubernetes/ it shows how their folders hang together", (t) => {
  const files = { "okta/oidc/a.ts": ["okta/http/b.ts", "okta/errors.ts"], "okta/any.ts": ["okta/oidc/a.ts"] };
  t.deepEqual(arrowsOf(files), ["okta-oidc --> okta-http"]);
});

test("folders that import each other are drawn so, with all that they import", (t) => {
  const arrows = arrowsOf({
    "crds/a.ts": ["kubernetes/a.ts", "identity/a.ts"],
    "identity/a.ts": ["crds/a.ts", "kubernetes/a.ts"],
  });
  t.deepEqual(arrows, [
    "crds --> identity",
    "crds --> kubernetes",
    "identity --> crds",
    "identity --> kubernetes",
  ]);
});

const repository = {
  "webhook/callback.ts": `
/** GET /callback - "the browser" comes back. More about it. */
export function callback() { return () => finish(); }
async function finish() { await signIns.complete(); sessions.start(); }
`,
  "webhook/sign-ins.ts": `
export class SignIns {
  /**
   * Makes the account,
   * whatever it takes.
   *
   * Not in the picture.
   * @throws Error
   */
  async complete() { start(); }

  /** @param now */
  silent() {}
}
/** Has the name of a session's beginning, and is another. */
function start() {}
`,
  "webhook/sessions.ts": `
/** Of the class. */
export class Sessions {
  /**
   * Starts a session
   *
   * Without a stop.
   */
  start() {}
}
/** Not the comment of what follows. */
const other = 1;
export function undocumented() {}
`,
};
const files = new Map(Object.entries(repository));

test("the picture of a sign-in has its files in order, what their functions say of themselves, and who calls whom", (t) => {
  const picture = signInPicture(files, [
    ["webhook/callback.ts", "callback"],
    ["webhook/sign-ins.ts", "SignIns.complete"],
    ["webhook/sessions.ts", "Sessions.start"],
  ]);
  t.deepEqual(picture.split("\n").slice(-6), [
    "flowchart TD",
    '  1["<b>webhook/callback.ts</b><br>callback: GET /callback - #34;the browser#34; comes back."]',
    '  2["<b>webhook/sign-ins.ts</b><br>SignIns.complete: Makes the account, whatever it takes."]',
    '  3["<b>webhook/sessions.ts</b><br>Sessions.start: Starts a session"]',
    "  1 -->|1| 2",
    "  1 -->|2| 3",
  ]);
});

const lost: Record<string, [file: string, name: string, why: RegExp]> = {
  "whose file has moved": ["webhook/sign-in/sign-ins.ts", "SignIns.complete", /there is no such file/],
  "that has another name now": ["webhook/sign-ins.ts", "SignIns.finish", /there is no such function/],
  "without a comment": ["webhook/sessions.ts", "undocumented", /begins with no sentence/],
  "whose comment begins with a tag": ["webhook/sign-ins.ts", "SignIns.silent", /begins with no sentence/],
  "that nothing before it calls": ["webhook/sessions.ts", "Sessions.start", /no file before it calls that/],
};

for (const [what, [file, name, why]] of Object.entries(lost)) {
  test(`a sign-in's way is lost at a function ${what}`, (t) => {
    const first = file.endsWith("sessions.ts") ? "webhook/sign-ins.ts" : "webhook/callback.ts";
    const entry = first.endsWith("sign-ins.ts") ? "SignIns.complete" : "callback";
    const error = t.throws(
      () =>
        signInPicture(files, [
          [first, entry],
          [file, name],
        ]),
      { instanceOf: LostWayError },
    );
    t.is(error?.code, "lost-way");
    t.regex(error?.message ?? "", why);
    t.true(error?.message.includes(`${name} in ${file}`));
  });
}
