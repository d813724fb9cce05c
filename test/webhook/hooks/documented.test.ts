import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import test from "ava";
import { z } from "zod";
import { eligibleEventTypes } from "../../../dev/okta/event-hooks/event-hook.ts";
import { EVENT_TYPES } from "../../../okta/events/event-types.ts";
import { waitFor } from "../../cluster.ts";
import { secret, webhookUnderTest } from "../webhook-under-test.ts";

const run = promisify(execFile);
const ADDRESS = "https://login.example.com/hooks/okta/acme";

/** What docs/okta.md says to do, by the language of the blocks, of those that speak of event hooks. */
async function documented(language: "sh" | "hcl"): Promise<string> {
  const text = await readFile(new URL("../../../docs/okta.md", import.meta.url), "utf8");
  const blocks = [...text.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, "gms"))].map(
    ([, block = ""]) => block,
  );
  const found = blocks.filter((block) => /eventHooks|okta_event_hook/.test(block));
  if (found.length !== 1) throw new Error(`docs/okta.md has ${found.length} such blocks`);
  return found[0] ?? "";
}

/** The JSON that the documented curl sends. */
async function sentByCurl() {
  const [, body = ""] = /<<JSON[^\n]*\n(.*?)^JSON$/ms.exec(await documented("sh")) ?? [];
  const config = z.object({
    uri: z.string(),
    authScheme: z.object({ type: z.string(), key: z.string(), value: z.string() }),
  });
  return z
    .object({
      name: z.string(),
      events: z.object({ type: z.literal("EVENT_TYPE"), items: z.array(z.string()) }),
      channel: z.object({ type: z.literal("HTTP"), version: z.literal("1.0.0"), config }),
    })
    .parse(JSON.parse(body));
}

test("an event hook that is made as documented, by curl, is verified and tells of what happens", async (t) => {
  const { okta, url, apply, applyAcme, cluster } = await webhookUnderTest(t, {
    okta: { eventDelivery: { timeoutMs: 60_000 } },
  });
  const hookSecret = "a secret of 32 bytes";
  await apply(secret("acme-hook", { secret: hookSecret }));
  const apiTokenRef = { name: "acme-okta", key: "apiToken" };
  await applyAcme({
    okta: {
      directory: { url: okta.url, apiTokenRef, provision: "BeforeLogin" },
      eventHook: { secretRef: { name: "acme-hook", key: "secret" } },
    },
  });
  const script = (await documented("sh"))
    .replaceAll("https://acme.okta.com", okta.url)
    .replaceAll(ADDRESS, `${url}/hooks/okta/acme`);
  const env = { ...process.env, OKTA_API_TOKEN: okta.apiToken, HOOK_SECRET: hookSecret, no_proxy: "*" };
  const { stdout } = await run("bash", ["-euo", "pipefail", "-c", script], { env });
  t.is(stdout, "VERIFIED\n");
  okta.directory.addToGroup("service_admin", "eve@acme.example");
  const { id } = okta.directory.user("eve@acme.example");
  const noted = await waitFor(
    async () =>
      (await cluster.kubectl("get", "hints", "acme", "-o", "jsonpath={.spec.people[*].id}")).stdout ||
      undefined,
    { what: "the event to be noted" },
  );
  t.is(noted, id);
});

test("the documented event hook subscribes to all that matters and that hooks can have", async (t) => {
  const { events } = await sentByCurl();
  t.deepEqual(
    events.items,
    EVENT_TYPES.filter((type) => eligibleEventTypes.has(type)),
  );
  t.deepEqual(
    EVENT_TYPES.filter((type) => !eligibleEventTypes.has(type)),
    ["user.lifecycle.delete.completed"],
  );
});

test("what the Admin Console is to be told, curl and Terraform say the same", async (t) => {
  const { name, events, channel } = await sentByCurl();
  const terraform = await documented("hcl");
  const [, listed = ""] = /events = \[(.*?)\]/s.exec(terraform) ?? [];
  t.deepEqual(
    [...listed.matchAll(/"([^"]+)"/g)].map(([, type]) => type),
    events.items,
  );
  for (const line of [
    `name = "${name}"`,
    `type    = "${channel.type}"`,
    `version = "${channel.version}"`,
    `uri     = "${channel.config.uri}"`,
    `type  = "${channel.config.authScheme.type}"`,
    `key   = "${channel.config.authScheme.key}"`,
  ])
    t.true(terraform.includes(line), line);
  const text = await readFile(new URL("../../../docs/okta.md", import.meta.url), "utf8");
  const [, table = ""] = /^\| about \| events[^\n]*\n(.*?)\n\n/ms.exec(text) ?? [];
  t.deepEqual([...table.matchAll(/`([^`]+)`/g)].map(([, type]) => type).sort(), [...events.items].sort());
});
