import { waitFor } from "../../cluster.ts";
import { barriers, inChromium, open, signInAtOkta, wholePage } from "../chromium.ts";
import { person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";
import { localAccount } from "./acme-admin.ts";

/** Somebody who administers Acme, with as many groups as people have who have been there for long. */
const MANY = Array.from({ length: 40 }, (_, i) => `a-group-with-a-long-name-that-says-what-it-is-for-${i}`);
const PEOPLE = [
  person("ada", ["service_admin", "org_admin", ...MANY], { displayName: "Ada Lovelace" }),
  person("eve", ["marketing"]),
  person("noor", ["service_admin"], { displayName: "نور الهدى عبد الرحمن" }),
];
const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin", ...MANY], ["service-admin"]],
  organization: [["org_admin"], ["organization-admin"]],
};

/** More than one page of users, with names of all kinds. */
const CROWD = Array.from({ length: 60 }, (_, i) =>
  localAccount(`user-${i}`, { name: ["نور الهدى عبد الرحمن", "Ann", "X".repeat(120)][i % 3] }),
);

async function acme(underTest: UnderTest): Promise<void> {
  await underTest.applyAcme({ mappings: MAPPINGS });
}

const okta = { users: PEOPLE, groups: ["service_admin", "org_admin", "marketing", ...MANY] };

const SIZES = {
  phone: { width: 360, height: 740 },
  screen: { width: 1280, height: 800 },
};

for (const colorScheme of ["light", "dark"] as const) {
  inChromium(
    `in a real browser: every page is open to everybody, ${colorScheme}, from phone to screen`,
    async (t) => {
      const underTest = await webhookUnderTest(t, { okta });
      await acme(underTest);
      const { url, apply, webhook } = underTest;
      const { page, problems } = await open(t, { colorScheme });
      const look = async (what: string): Promise<void> => {
        for (const [size, viewport] of Object.entries(SIZES)) {
          await page.setViewportSize(viewport);
          t.deepEqual(await barriers(page), [], `${what}, ${size}`);
          const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
          t.true(Number(over) <= 0, `${what} fits into a ${size}`);
        }
      };
      await page.goto(`${url}/`);
      await look("the start page");
      await page.goto(`${url}/login/acme/local`);
      await look("the local sign-in");
      await page.goto(`${url}/login/acme/settings`);
      await signInAtOkta(page, underTest, "ada");
      t.is(page.url(), `${url}/login/acme/settings`, "back at the page that she wanted");
      await look("the settings");
      await page.goto(`${url}/login/acme/mappings`);
      await look("the role mapping");
      await page.fill("#groups-service-admin", "id:\nservice_admin");
      await page.getByRole("button", { name: "Show what would change" }).click();
      await wholePage(page.getByRole("alert"));
      await look("the role mapping with what can't be read");
      await page.fill("#groups-service-admin", "service_admin\norg_admin\nSERVICE_ADMIN");
      await page.fill("#groups-organization-admin", "marketing");
      await page.getByRole("button", { name: "Show what would change" }).click();
      await wholePage(page.getByText("You would lose your own admin role."));
      await look("what would change");
      await page.goto(`${url}/login/acme/me`);
      await look("my access");
      await page.goto(`${url}/login/acme/why`);
      await look("why, about herself");
      await page.fill("#email", "noor@acme.example");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/why?email=noor*");
      await look("why, about somebody who has no account");
      await apply(...CROWD);
      await waitFor(() => webhook.caches.users.size === 1 + CROWD.length || undefined, { what: "all users" });
      await page.goto(`${url}/login/acme/users`);
      await look("the users");
      await page.goto(`${url}/login/acme/users?search=nobody&group=Nobody`);
      await look("no users");
      await page.goto(`${url}/login/acme/users?search=ada`);
      await page.click("tbody a");
      await page.waitForURL("**/users/acme-*");
      await look("a user");
      await page.click("text=End this person's sessions");
      await page.waitForURL("**/end-sessions");
      await look("ending sessions");
      await page.goto(`${url}/login/acme/users/user-0`);
      await look("a local user");
      await page.goto(`${url}/login/nobody`);
      await look("what isn't there");
      await page.goto(`${url}/logout`);
      await look("the sign-out");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(`${url}/logout/done?state=**`);
      await look("who has signed out");
      await page.goto(`${url}/login/acme`);
      await signInAtOkta(page, underTest, "eve");
      await look("who is refused");
      await page.getByRole("button", { name: "Sign in with another account" }).click();
      await signInAtOkta(page, underTest, "noor");
      await page.goto(`${url}/login/acme/settings`);
      await look("what is for admins");
      // What is refused is answered with an error, as it should be.
      const unexpected = problems.filter((text) => !/status of (403|404|422)/.test(text));
      t.deepEqual(unexpected, [], "no policy was violated and no script failed");
    },
  );
}
