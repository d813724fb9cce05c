import test from "ava";
import { PAUSE_ANNOTATION } from "../../../crds/annotations.ts";
import { organizationUsers } from "../../../crds/resources.ts";
import { setStatus } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { followed } from "./followed.ts";

test("while an organization is paused, its directory makes no account and takes none but of who is suspended; then it makes up for that", async (t) => {
  const { okta, client, cluster, condition, member, person, untilRead, untilState, user } = await followed(
    t,
    {
      directory: { provision: "BeforeLogin" },
    },
  );
  const ada = await member("ada", "web");
  const bob = await member("bob", "web");
  await untilRead();
  const annotate = (value: string) => cluster.kubectl("annotate", "oktaorg", "acme", value);
  await annotate(`${PAUSE_ANNOTATION}=audit`);
  await condition("oktaorg", "acme", "Paused", "True");

  const names = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { items } of client.pages(organizationUsers, { namespace: cluster.namespace }))
      found.push(...items.map(({ spec }) => spec.email ?? ""));
    return found.sort();
  };
  person("cy", "web");
  okta.directory.removeFromGroup("web", "ada@acme.example");
  setStatus(okta.directory, okta.directory.user("bob@acme.example"), "SUSPENDED");
  await untilState(bob, "Deactivated");
  t.deepEqual(await names(), ["ada@acme.example", "bob@acme.example"]);
  t.is((await user(ada.ref)).status?.state, "Active");

  await annotate(`${PAUSE_ANNOTATION}-`);
  await untilState(ada, "Deactivated");
  await waitFor(async () => (await names()).includes("cy@acme.example") || undefined, { what: "an account" });
});
