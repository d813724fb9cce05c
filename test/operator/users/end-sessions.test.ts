import test from "ava";
import type { User } from "../../../identity/index.ts";
import { waitFor } from "../../cluster.ts";
import { operatorUnderTest, type UnderTest } from "../operator-under-test.ts";

const MAPPINGS: Record<string, [string[], string[]]> = { services: [["service_admin"], ["service-admin"]] };

async function withAda(under: UnderTest): Promise<User> {
  await under.applyAcme({ mappings: MAPPINGS });
  await under.condition("orm", "services", "Ready", "True");
  return under.signedIn("ada", ["service_admin"], MAPPINGS);
}

/** As the admission policy allows it to whoever may write accounts. */
async function annotate({ cluster }: UnderTest, { ref }: User, value: string): Promise<void> {
  const name = ref.slice(ref.indexOf("/") + 1);
  const annotation = `rolemapping.dev/end-sessions=${value}`;
  await cluster.kubectl("annotate", "--overwrite", "orguser", name, annotation);
}

function recorded({ lines }: UnderTest): Record<string, unknown>[] {
  return lines.filter(({ audit, action }) => audit === true && action === "end-sessions");
}

test("an annotation ends somebody's sessions, once for each value, with an audit line and an Event that repeat it", async (t) => {
  const under = await operatorUnderTest(t);
  const ada = await withAda(under);
  await annotate(under, ada, "stolen laptop, mia");
  await under.untilUser(ada.ref, "to have ended", ({ status }) => status?.sessionEpoch === 1);
  const line = await waitFor(() => recorded(under)[0], { what: "the audit line" });
  t.like(line, { user: ada.ref, email: "ada@acme.example" });
  t.deepEqual(line.cause, {
    by: "request",
    reason: "EndRequested",
    detail: 'Somebody has asked for it on the cluster: "stolen laptop, mia".',
  });
  const event = await waitFor(
    async () => {
      const { stdout } = await under.cluster.kubectl("get", "events.events.k8s.io", "-o", "json");
      const { items } = JSON.parse(stdout) as { items: { reason: string; note: string }[] };
      return items.find(({ reason }) => reason === "SessionsEnded");
    },
    { what: "the Event" },
  );
  t.regex(event.note, /All sessions were ended\..*stolen laptop, mia/);

  await annotate(under, ada, "and again");
  await under.untilUser(ada.ref, "to have ended twice", ({ status }) => status?.sessionEpoch === 2);
  t.is((await under.user(ada.ref)).status?.state, "Active", "the account stays as it is");
});

test("what was asked for while the operator was away is done when it is back, and not once more at the next start", async (t) => {
  const under = await operatorUnderTest(t);
  const ada = await withAda(under);
  await under.condition("oktaorg", "acme", "Ready", "True");
  await under.stop();
  await annotate(under, ada, "while nobody was there");
  under.start();
  await under.untilUser(ada.ref, "to have ended", ({ status }) => status?.sessionEpoch === 1);
  await under.stop();
  under.start();
  await annotate(under, ada, "a second time");
  const { status } = await under.untilUser(
    ada.ref,
    "to have ended again",
    ({ status }) => status?.sessionsEndedFor === "a second time",
  );
  t.is(status?.sessionEpoch, 2);
  await waitFor(() => recorded(under).length >= 2 || undefined, { what: "both audit lines" });
  t.is(recorded(under).length, 2);
});
