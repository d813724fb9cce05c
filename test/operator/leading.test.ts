import test from "ava";
import { waitFor } from "../cluster.ts";
import { LOGIN_PATHS } from "../login-paths.ts";
import { mappingObject, nowIn, organizationObject, rolesOf } from "./operator-under-test.ts";
import { followed } from "./sync/followed.ts";

const KINDS = ["organizations", "oktarolemappings", "organizationusers", "oktahints"];

test("an operator that doesn't know yet that another one leads writes nothing of any kind", async (t) => {
  const s = await followed(t);
  const { cluster, lease, lines, okta } = s;
  const ada = await s.member("ada", "web");
  await s.untilRead();
  await s.untilState(ada, "Active", ["service-admin"]);
  await s.stop();

  await nowIn(s, ada.ref, ["portal"]);
  okta.directory.addToGroup("portal", "ada@acme.example");
  okta.directory.removeFromGroup("web", "ada@acme.example");
  const name = ada.ref.slice(ada.ref.indexOf("/") + 1);
  await cluster.kubectl("annotate", "orguser", name, "rolemapping.dev/end-sessions=a stolen laptop");
  await s.editAcme({ sessions: { maxAge: "1h" } });
  const { spec } = await s.organization();
  await s.apply(
    mappingObject("more", ["unmapped"], ["service-admin"]),
    organizationObject("beta", { okta: { ...spec.okta, directory: undefined }, roles: spec.roles }),
  );
  const paths = async () => (await cluster.kubectl("get", "cm", LOGIN_PATHS, "-o", "json")).stdout;
  const written = async () => [await paths(), ...(await Promise.all(KINDS.map(s.writes)))];

  const before = await written();
  lease.isHeld = false;
  s.start();
  const refused = () =>
    new Set(
      lines.flatMap(({ msg, controller, part }) =>
        msg === "reconcile stopped: not the leader" ? controller : (part ?? []),
      ),
    );
  const all = ["keepers", "mappings", "organizations", "poll", "session-ends", "users", "watermarks"];
  await waitFor(() => refused().isSupersetOf(new Set(all)) || undefined, { what: "each to be refused" });
  t.deepEqual(await written(), before);
  t.notRegex(await s.metrics(), /^okta_role_sync_failures_total.*part="poll"/m, "nothing is wrong with Okta");

  await s.lose();
  s.leadAgain();
  for (const name of ["acme", "beta"]) await s.condition("oktaorg", name, "Ready", "True");
  await s.condition("orm", "more", "Ready", "True");
  await s.untilUser(
    ada.ref,
    "to be put out, and to hold what she holds now",
    (user) => user.status?.sessionEpoch === 1 && rolesOf(user).join() === "portal-admin",
  );
  t.regex(await paths(), /beta/);
  t.is((await s.organization()).status?.sessions?.maxAge, "1h");
});

test("an operator that leads no more asks Okta nothing more, and tells of nobody who is held", async (t) => {
  const s = await followed(t, { groups: ["first", "second"] });
  const { cluster, okta } = s;
  for (let i = 0; i < 6; i++) await s.member(`user${i}`, "web");
  await s.untilRead();
  await cluster.kubectl("delete", "orm", "services");
  const isHeld = async () => (await s.metrics()).includes('cause="mapping edited"} 6');
  await waitFor(async () => (await isHeld()) || undefined, { what: "all six to be held" });

  const slow = okta.misbehave({
    path: "^/api/v1/groups[?].*first",
    fault: { kind: "slow", milliseconds: 3_600_000 },
  });
  await s.apply(mappingObject("more", ["first", "second"], ["portal-admin"]));
  await waitFor(() => slow.hits > 0 || undefined, { what: "Okta to be asked for the first group" });
  const first = [...okta.calls].find(({ url }) => url.includes("first"));
  await s.lose();
  t.false(await isHeld());
  slow.stop();
  await waitFor(() => first?.status, { what: "Okta to answer" });
  // Whoever goes on asks for the second one at once.
  for (let i = 0; i < 5; i++) await fetch(`${okta.url}/api/v1/groups`);
  t.false([...okta.calls].some(({ url }) => url.includes("second")));

  s.leadAgain();
  await s.condition("orm", "more", "Ready", "True");
  await waitFor(async () => (await isHeld()) || undefined, { what: "all six to be told of again" });
});
