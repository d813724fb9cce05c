/**
 * Makes pictures of every page, as docs/console.md and the README show them: light, dark, and as a phone shows it.
 *
 *   npm run screenshots [-- FOLDER]    default: docs/screenshots
 *
 * It starts what the quickstart starts, and a Chromium (CHROMIUM names another one than /usr/bin/chromium).
 */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { signIn } from "../okta/index.ts";
import { type Environment, startEnvironment } from "../quickstart/environment.ts";
import { REPOSITORY } from "../quickstart/program.ts";
import { shots } from "./shots.ts";

const LOOKS = {
  light: { colorScheme: "light", viewport: { width: 1200, height: 760 } },
  dark: { colorScheme: "dark", viewport: { width: 1200, height: 760 } },
  phone: { colorScheme: "light", viewport: { width: 390, height: 780 } },
} as const;

const [folder = join(REPOSITORY, "docs/screenshots")] = process.argv.slice(2);
const environment = await startEnvironment({
  namespace: "acme",
  ports: { webhook: 0, okta: 0 },
  step: (text) => console.log(text),
});
try {
  await prepare(environment);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await take(environment, folder);
} finally {
  await environment.stop();
}
process.exit();

/** People have signed in before, one of them in vain. */
async function prepare({ kubectl, okta, product }: Environment): Promise<void> {
  await kubectl(["wait", "--for=condition=Ready", "oktaorg,orm", "--all", "--timeout=60s"]);
  for (const name of ["ada", "ben", "raj", "zoe", "kim", "eve"])
    await signIn(okta, `${product.baseURL}/login/acme`, `${name}@acme.example`, { followToEnd: true });
}

async function take(environment: Environment, folder: string): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--force-device-scale-factor=1"],
  });
  try {
    for (const [look, options] of Object.entries(LOOKS)) {
      for (const { name, as, open } of shots) {
        const context = await browser.newContext(options);
        const page = await context.newPage();
        if (as !== undefined) await signInAs(environment, context, as);
        await open(page, environment);
        // What a line of the log would be found by is another one each time.
        await page.evaluate("document.querySelector('footer')?.remove()");
        await writeFile(join(folder, `${name}-${look}.webp`), await picture(page));
        await context.close();
        console.log(`${name}-${look}.webp`);
      }
    }
  } finally {
    await browser.close();
  }
}

/** By Okta's form, as a person does; `mia` by her token. */
async function signInAs(environment: Environment, context: BrowserContext, name: string): Promise<void> {
  const { baseURL } = environment.product;
  const page = await context.newPage();
  if (name === "mia") {
    const audience = `${baseURL}/login/acme`;
    await page.goto(`${audience}/local`);
    await page.fill(
      "#token",
      (await environment.kubectl(["create", "token", "mia", "--audience", audience])).trim(),
    );
    await page.click("button[type=submit]");
  } else {
    await page.goto(`${baseURL}/login/acme`);
    await page.fill("input[name=username]", `${name}@acme.example`);
    await page.fill("input[name=password]", `${name}-password`);
    await page.press("input[name=password]", "Enter");
  }
  await page.waitForURL(`${baseURL}/**`);
  await page.close();
}

/** All of a page, as WebP: a fifth of what it would be as PNG. */
async function picture(page: Page): Promise<Buffer> {
  const browser = await page.context().newCDPSession(page);
  const { cssContentSize } = await browser.send("Page.getLayoutMetrics");
  const { data } = await browser.send("Page.captureScreenshot", {
    format: "webp",
    quality: 80,
    captureBeyondViewport: true,
    clip: { ...cssContentSize, scale: 1 },
  });
  return Buffer.from(data, "base64");
}
