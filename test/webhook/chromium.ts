import { existsSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import axe, { type AxeResults } from "axe-core";
import { type BrowserContextOptions, chromium, type Locator, type Page } from "playwright-core";
import type { UnderTest } from "./webhook-under-test.ts";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A test that is skipped where there is no Chromium. */
export const inChromium = existsSync(EXECUTABLE) ? test : test.skip;
if (!existsSync(EXECUTABLE))
  console.log(
    `Skipping the tests in a real browser: there is no ${EXECUTABLE}. Install chromium, or name it in CHROMIUM.`,
  );

/** A page of a new browser, and what its console complains of. */
export async function open(
  t: ExecutionContext,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: ARGS });
  t.teardown(() => browser.close());
  const page = await (await browser.newContext(options)).newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  return { page, problems };
}

/** Fills in Okta's form, which the page is at or goes to. */
export async function signInAtOkta(page: Page, { okta, url }: UnderTest, name: string): Promise<void> {
  await page.waitForURL(`${okta.url}/**`);
  await page.fill("input[name=username]", `${name}@acme.example`);
  await page.fill("input[name=password]", name);
  await page.press("input[name=password]", "Enter");
  await page.waitForURL(`${url}/**`);
}

/** Waits for the page with this heading, as {@link wholePage} does. */
export async function arriveAt(page: Page, title: string): Promise<void> {
  await wholePage(page.getByRole("heading", { name: title, level: 1, exact: true }));
}

/**
 * Waits for a page, all of it. A click is over once the next page has begun to arrive, a key before: what is read at once
 * may be the page of before, or half of the next.
 *
 * @param mark something that the page of before doesn't have
 */
export async function wholePage(mark: Locator): Promise<void> {
  await mark.waitFor();
  await mark.page().waitForLoadState();
}

/** Where a page shuts somebody out who can't see, hear or point, as far as axe-core finds it: rule and elements. */
export async function barriers(page: Page): Promise<string[]> {
  // By the debugger, which our Content-Security-Policy doesn't bind.
  await page.evaluate(axe.source);
  const { violations } = (await page.evaluate("axe.run()")) as AxeResults;
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, any }) => `${id}: ${target} ${any[0]?.message ?? ""}`),
  );
}
