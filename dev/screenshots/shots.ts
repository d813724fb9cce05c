import type { Page } from "playwright-core";
import type { Environment } from "../quickstart/environment.ts";

/** A page to take a picture of. */
export interface Shot {
  /** Its file's, without what it looks like. */
  readonly name: string;
  /** Who is signed in. */
  readonly as?: string;
  readonly open: (page: Page, environment: Environment) => Promise<void>;
}

function at(name: string, path: string, as?: string): Shot {
  return {
    name,
    ...(as === undefined ? {} : { as }),
    open: async (page, { product }) => {
      await page.goto(`${product.baseURL}${path}`);
    },
  };
}

/** Every page that people see. */
export const shots: readonly Shot[] = [
  at("start", "/"),
  {
    name: "refused",
    open: async (page, { product }) => {
      await page.goto(`${product.baseURL}/login/acme`);
      await page.fill("input[name=username]", "eve@acme.example");
      await page.fill("input[name=password]", "eve-password");
      await page.press("input[name=password]", "Enter");
      await page.waitForURL(`${product.baseURL}/**`);
    },
  },
  at("my-access", "/login/acme/me", "raj"),
  at("my-access-local", "/login/acme/me", "mia"),
  at("admins-only", "/login/acme/settings", "raj"),
  at("identity-management", "/login/acme/settings", "kim"),
  at("users", "/login/acme/users", "kim"),
  {
    name: "user",
    as: "kim",
    open: async (page, { product }) => {
      await page.goto(`${product.baseURL}/login/acme/users?search=raj`);
      await page.click("tbody a");
      await page.waitForURL("**/users/acme-*");
    },
  },
  at("role-mapping", "/login/acme/mappings", "kim"),
  {
    name: "role-mapping-preview",
    as: "kim",
    open: async (page, { product }) => {
      await page.goto(`${product.baseURL}/login/acme/mappings`);
      await page.fill("#groups-service-admin", "service_admin\nService_Developer");
      await page.fill("#groups-runtime-admin", "runtime_admins");
      await page.getByRole("button", { name: "Show what would change" }).click();
    },
  },
  at("why", "/login/acme/why?email=raj@acme.example&role=service-admin", "kim"),
  at("why-myself", "/login/acme/why", "raj"),
  at("local-sign-in", "/login/acme/local"),
  at("sign-out", "/logout", "ada"),
];
