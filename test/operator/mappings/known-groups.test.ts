import test from "ava";
import type { UserEvent } from "../../../identity/index.ts";
import { KnownGroups, type LearnedGroup } from "../../../operator/mappings/known-groups.ts";
import { account } from "../../identity/an-account.ts";

const KEY = "acme/acme";

/** Group names that people come with. */
function scene() {
  let tell = (_: UserEvent): void => {};
  const known = new KnownGroups({
    subscribe: (listener) => {
      tell = listener;
      return () => {};
    },
  });
  const comes = (...groups: (string | { id: string })[]) =>
    tell({
      kind: "updated",
      user: account({ groups: groups.map((name) => (typeof name === "string" ? { name } : name)) }),
    });
  return { known, comes, tell: (event: UserEvent) => tell(event) };
}

test("a name with which nobody came has a hint, while somebody came with one that is almost the same", (t) => {
  const { known, comes } = scene();
  t.deepEqual(known.hints(KEY, ["staff"]), []);
  comes("Staff", " ops", { id: "00g1" });
  t.deepEqual(known.hints(KEY, ["staff", "ops", "Staff", "crew"]), [
    { written: "staff", actual: "Staff" },
    { written: "ops", actual: " ops" },
  ]);
  comes("STAFF", "Staff");
  t.deepEqual(known.hints(KEY, ["staff"]), [{ written: "staff", actual: "STAFF" }], "the latest");
  t.deepEqual(known.hints("other/acme", ["staff"]), []);
});

test("the names that are almost one of these are told, and not these", (t) => {
  const { known, comes } = scene();
  t.deepEqual(known.almost(KEY, ["staff"]), []);
  comes("Staff", "staff", "STAFF", "ops");
  t.deepEqual(known.almost(KEY, ["staff", "crew", "Ops"]), ["Staff", "STAFF", "ops"]);
  t.deepEqual(known.almost("other/acme", ["staff"]), []);
});

test("each name is told of once, when somebody first comes with it, to who still wants to hear", (t) => {
  const { known, comes, tell } = scene();
  const heard: LearnedGroup[] = [];
  const stop = known.subscribe((learned) => heard.push(learned));
  comes("Staff", { id: "00g1" });
  comes("Staff", "ops");
  tell({ kind: "deleted", user: account({ groups: [{ name: "gone" }] }) });
  t.deepEqual(heard, [
    { organization: KEY, folded: "staff" },
    { organization: KEY, folded: "ops" },
  ]);
  stop();
  comes("crew");
  t.is(heard.length, 2);
});

test("with an organization's last account goes what is known of it: the next of its name is somebody else's", (t) => {
  const { known, tell } = scene();
  const [ada, ben] = [
    account({ ref: "acme/ada", groups: [{ name: "Payroll" }] }),
    account({ ref: "acme/ben" }),
  ];
  for (const user of [ada, ben]) tell({ kind: "added", user });
  tell({ kind: "deleted", user: ada });
  t.is(known.hints(KEY, ["payroll"]).length, 1, "somebody is still there");
  tell({ kind: "deleted", user: ben });
  t.deepEqual(known.hints(KEY, ["payroll"]), []);
});

test("so many names are remembered, and no more", (t) => {
  const { known, comes } = scene();
  comes(...Array.from({ length: 20_001 }, (_, i) => `N${i}`));
  t.deepEqual(known.hints(KEY, ["n19999", "n20000"]), [{ written: "n19999", actual: "N19999" }]);
});
