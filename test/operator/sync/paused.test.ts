import test from "ava";
import { PAUSE_ANNOTATION } from "../../../crds/annotations.ts";
import { organizationUsers } from "../../../crds/resources.ts";
import { setStatus } from "../../../dev/okta/index.ts";
import { waitFor } from "../../cluster.ts";
import { type Followed, followed } from "./followed.ts";

/** Waits until Okta has been asked for somebody so often. */
async function untilLookedAt({ okta }: Followed, id: string, times: number): Promise<void> {
  const looks = () => okta.calls.of({ endpoint: "/api/v1/users/{id}" }).filter(({ url }) => url.endsWith(id));
  await waitFor(() => looks().length >= times || undefined, {
    what: `somebody to be looked at ${times} times`,
  });
}

test("while an organization is paused, its directory makes no account and takes none but of who is suspended; then it makes up for that", async (t) => {
  const s = await followed(t, { directory: { provision: "BeforeLogin" } });
  const { okta, client, cluster, condition, hear, member, person, untilRead, untilState, untilUser } = s;
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
  const cy = person("cy", "web");
  okta.directory.removeFromGroup("web", "ada@acme.example");
  setStatus(okta.directory, okta.directory.user("bob@acme.example"), "SUSPENDED");
  await untilState(bob, "Deactivated");
  const { status } = await untilUser(
    ada.ref,
    "to be decided on without the group",
    ({ metadata, spec, status }) =>
      !spec.groups?.some(({ name }) => name === "web") && status?.observedGeneration === metadata.generation,
  );
  t.is(status?.state, "Active");
  // Nobody is looked at again before what came of the first look is stored.
  await untilLookedAt(s, cy, 1);
  await hear({ kind: "person", id: cy, eventTime: new Date().toISOString() });
  await untilLookedAt(s, cy, 2);
  t.deepEqual(await names(), ["ada@acme.example", "bob@acme.example"]);

  await annotate(`${PAUSE_ANNOTATION}-`);
  await untilState(ada, "Deactivated");
  await waitFor(async () => (await names()).includes("cy@acme.example") || undefined, { what: "an account" });
});
