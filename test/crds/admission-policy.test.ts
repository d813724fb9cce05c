import test from "ava";
import { localUser, type Manifest, oktaUser } from "./objects.ts";
import { ada, giveEveryRight, product } from "./people.ts";
import { testNamespace } from "./server.ts";

const END = "rolemapping.dev/end-sessions";

const namespace = testNamespace(giveEveryRight);

const namespaceController = [
  "--as",
  "system:serviceaccount:kube-system:namespace-controller",
  "--as-group",
  "system:masters",
];
const collector = [
  "--as",
  "system:serviceaccount:kube-system:generic-garbage-collector",
  "--as-group",
  "system:masters",
];

/** An account that the product has made, with a status. */
async function existing(name: string, manifest: Manifest, state: "Active" | "Deactivated"): Promise<void> {
  await namespace.succeed(["create", "-f", "-", ...product(namespace)], { ...manifest, metadata: { name } });
  await namespace.succeed(["patch", ...statusPatch(name, state), ...product(namespace)]);
}

function statusPatch(name: string, state: string): string[] {
  return [
    "orguser",
    name,
    "--subresource=status",
    "--type=merge",
    "--patch",
    JSON.stringify({ status: { state } }),
  ];
}

function label(name: string, value: string): string[] {
  return ["label", "orguser", name, `team=${value}`];
}

test.serial("a person can't make an account that belongs to Okta", async (t) => {
  const { stderr } = await namespace.kubectl(["create", "-f", "-", ...ada], oktaUser());
  t.regex(
    stderr,
    /denied request: membership is managed in Okta and by mappings: an account with source Okta is made when/,
  );
  t.true(stderr.includes(`map their group (kubectl get orm -n ${namespace.name})`));
  t.true(stderr.includes("write source: Local"));
});

test.serial("a person can't change an account that belongs to Okta, its labels included", async (t) => {
  await existing("ada", oktaUser(), "Active");
  const edit = [
    "patch",
    "orguser",
    "ada",
    "--type=merge",
    "--patch",
    '{"spec":{"groups":[{"name":"portal_admin"}]}}',
  ];
  for (const change of [edit, label("ada", "a")]) {
    const { stderr } = await namespace.kubectl([...change, ...ada]);
    t.regex(
      stderr,
      /membership is managed in Okta and by mappings: to change what ada holds, change the person's groups in Okta/,
    );
    t.true(stderr.includes(`kubectl get orm -n ${namespace.name}`));
  }
});

test.serial("a person can't delete an active account that belongs to Okta", async (t) => {
  await existing("eve", oktaUser(), "Active");
  const { stderr } = await namespace.kubectl(["delete", "orguser", "eve", ...ada]);
  t.regex(
    stderr,
    /to take away the access of eve, take the person out of the mapped groups in Okta, or change the mapping/,
  );
  t.regex(stderr, /Once the account is Deactivated it can be deleted/);
  const all = await namespace.kubectl(["delete", "orguser", "--all", ...ada]);
  t.regex(all.stderr, /to take away the access of eve/);
});

test.serial("a person can't delete an account of which nothing is known yet", async (t) => {
  await namespace.succeed(["create", "-f", "-", ...product(namespace)], {
    ...oktaUser(),
    metadata: { name: "new" },
  });
  const { stderr } = await namespace.kubectl(["delete", "orguser", "new", ...ada]);
  t.regex(stderr, /to take away the access of new/);
});

test.serial("a person may erase the deactivated account of somebody who left", async (t) => {
  await existing("left", oktaUser(), "Deactivated");
  t.regex(await namespace.succeed(["delete", "orguser", "left", ...ada]), /deleted/);
});

test.serial("a person can't turn a local account into one of Okta", async (t) => {
  await namespace.succeed(["create", "-f", "-", ...ada], { ...localUser(), metadata: { name: "ben" } });
  const linked = { ...oktaUser(), metadata: { name: "ben" } };
  const { stderr } = await namespace.kubectl(["replace", "-f", "-", ...ada], linked);
  t.regex(stderr, /to change what ben holds, change the person's groups in Okta/);
  t.regex(await namespace.succeed(["replace", "-f", "-", ...product(namespace)], linked), /replaced/);
});

test.serial("a person may write local accounts, and delete them", async (t) => {
  await namespace.succeed(["create", "-f", "-", ...ada], { ...localUser(), metadata: { name: "mia" } });
  await namespace.succeed([...label("mia", "a"), ...ada]);
  t.regex(await namespace.succeed(["delete", "orguser", "mia", ...ada]), /deleted/);
});

test.serial("a person can't write the status of any account", async (t) => {
  await existing("jo", localUser(), "Deactivated");
  await existing("kim", oktaUser(), "Deactivated");
  for (const name of ["jo", "kim"]) {
    const { stderr } = await namespace.kubectl(["patch", ...statusPatch(name, "Active"), ...ada]);
    t.regex(
      stderr,
      /the status of an account is what the operator and the login webhook found, so nobody writes it by hand/,
    );
  }
});

test.serial("the cluster's admin can't either: it is no question of RBAC", async (t) => {
  await existing("max", oktaUser(), "Active");
  const { stderr } = await namespace.kubectl(label("max", "a"));
  t.regex(stderr, /membership is managed in Okta and by mappings/);
});

test.serial("the product's service account of another namespace can't write here", async (t) => {
  const other = product({ name: "other" });
  const { stderr } = await namespace.kubectl(
    ["create", "-f", "-", ...other, "--as-group", "system:masters"],
    oktaUser(),
  );
  t.regex(stderr, /membership is managed in Okta and by mappings/);
});

test.serial("a namespace can be deleted with the accounts in it", async (t) => {
  await existing("zoe", oktaUser(), "Active");
  t.regex(await namespace.succeed(["delete", "orguser", "zoe", ...namespaceController]), /deleted/);
});

test.serial(
  "the garbage collector may delete and take finalizers off, and change nothing else",
  async (t) => {
    await existing("uma", oktaUser(), "Active");
    await namespace.succeed([...label("uma", "a"), ...collector]);
    const edit = ["patch", "orguser", "uma", "--type=merge", "--patch", '{"spec":{"name":"Uma"}}'];
    const { stderr } = await namespace.kubectl([...edit, ...collector]);
    t.regex(stderr, /to change what uma holds/);
    t.regex(await namespace.succeed(["delete", "orguser", "uma", ...collector]), /deleted/);
  },
);

test.serial(
  "a person may end somebody's sessions by an annotation, as often as they write another value",
  async (t) => {
    await existing("pat", oktaUser(), "Active");
    for (const value of ["stolen laptop, mia", "again, mia"])
      t.regex(await namespace.succeed([...annotate("pat", { [END]: value }), ...ada]), /patched/);
    t.regex(
      await namespace.succeed([...annotate("pat", { [END]: null }), ...ada]),
      /patched/,
      "and take it away",
    );
  },
);

test.serial("nothing else goes along with the annotation that ends sessions", async (t) => {
  const metadata = {
    name: "lee",
    labels: { team: "a" },
    annotations: { note: "from the product" },
    finalizers: ["rolemapping.dev/test"],
  };
  await namespace.succeed(["create", "-f", "-", ...product(namespace)], { ...oktaUser(), metadata });
  const end = { annotations: { [END]: "now" } };
  const owner = {
    apiVersion: "v1",
    kind: "ConfigMap",
    name: "x",
    uid: "00000000-0000-4000-8000-000000000000",
  };
  const changes = {
    "another annotation": { metadata: { annotations: { [END]: "now", other: "" } } },
    "an annotation of the product's changed": { metadata: { annotations: { [END]: "now", note: "mine" } } },
    "an annotation of the product's taken away": { metadata: { annotations: { [END]: "now", note: null } } },
    "an annotation of nearly the same name": { metadata: { annotations: { [`${END}-2`]: "now" } } },
    "a label": { metadata: { ...end, labels: { team: "b" } } },
    "labels taken away": { metadata: { ...end, labels: null } },
    "finalizers taken away": { metadata: { ...end, finalizers: null } },
    "an owner": { metadata: { ...end, ownerReferences: [owner] } },
    groups: { metadata: end, spec: { groups: [{ name: "portal_admin" }] } },
    "a value of a novel": { metadata: { annotations: { [END]: "x".repeat(254) } } },
  };
  for (const [what, change] of Object.entries(changes)) {
    const { stderr } = await namespace.kubectl([...merge("lee", change), ...ada]);
    t.regex(stderr, /membership is managed in Okta and by mappings: to change what lee holds/, what);
    t.regex(stderr, /write the annotation rolemapping\.dev\/end-sessions and nothing else/, what);
  }
  t.regex(await namespace.succeed([...merge("lee", { metadata: end }), ...ada]), /patched/);
  await namespace.succeed([...merge("lee", { metadata: { finalizers: null } }), ...product(namespace)]);
});

test.serial("the annotation makes no account and no status", async (t) => {
  const made = { ...oktaUser(), metadata: { name: "new-by-hand", annotations: { [END]: "now" } } };
  t.regex(
    (await namespace.kubectl(["create", "-f", "-", ...ada], made)).stderr,
    /is made when the person first/,
  );
  await existing("kit", oktaUser(), "Deactivated");
  const status = ["--subresource=status", ...merge("kit", { metadata: { annotations: { [END]: "now" } } })];
  const { stderr } = await namespace.kubectl([...status, ...ada]);
  t.regex(stderr, /nobody writes it by hand/);
});

function merge(name: string, change: object): string[] {
  return ["patch", "orguser", name, "--type=merge", "--patch", JSON.stringify(change)];
}

function annotate(name: string, annotations: Record<string, string | null>): string[] {
  return merge(name, { metadata: { annotations } });
}
