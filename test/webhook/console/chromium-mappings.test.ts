import { chartRights } from "../../../dev/control-plane/service-account.ts";
import { arriveAt, inChromium, open, signInAtOkta } from "../chromium.ts";
import { person, webhookUnderTest } from "../webhook-under-test.ts";

const okta = {
  users: [person("kim", ["service_admin", "org_admin"]), person("ada", ["service_admin"])],
  groups: ["service_admin", "org_admin"],
};

inChromium(
  "in a real browser without scripts: an admin sees what a change would do, changes it further, and saves it",
  async (t) => {
    const rights = await chartRights(undefined, { editMappings: true });
    const underTest = await webhookUnderTest(t, { okta, rights });
    await underTest.applyAcme({
      mappings: { organization: [["org_admin"], ["organization-admin"]] },
      spec: { console: { editMappings: true } },
    });
    const { url, cluster } = underTest;
    const { page } = await open(t, { javaScriptEnabled: false });
    await page.goto(`${url}/login/acme/mappings`);
    await signInAtOkta(page, underTest, "kim");
    t.is(await page.textContent("h1"), "Role mapping");
    t.true(await page.getByText("org_admin", { exact: true }).isVisible());
    const field = page.getByLabel("Groups of Service Admin");
    await field.fill("service_admin");
    await page.getByRole("button", { name: "Show what would change" }).click();
    await arriveAt(page, "What this would change");
    t.true(await page.getByText("1 person gains a role.").isVisible());
    t.true(await page.getByText("kim@acme.example").isVisible());

    await page.getByRole("button", { name: "Change it further" }).click();
    await arriveAt(page, "Role mapping");
    t.is(await field.inputValue(), "service_admin", "what was filled in is there again");
    await field.fill("service_admin\nService & <Support>");
    await page.getByRole("button", { name: "Show what would change" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForURL(/\/mappings\?saved=/);
    t.true(await page.getByText("Saved. Who gains and loses by it").isVisible());
    t.is(await field.inputValue(), "service_admin\nService & <Support>");
    const { stdout } = await cluster.kubectl(
      "get",
      "orm",
      "acme.service-admin",
      "-o",
      "jsonpath={.spec.groups[*].name}",
    );
    t.is(stdout, "service_admin Service & <Support>");
  },
);
