import test, { type ExecutionContext } from "ava";
import { parseAllDocuments } from "yaml";
import { PAUSE_ANNOTATION } from "../../../crds/annotations.ts";
import { organizationUsers } from "../../../crds/resources.ts";
import type { OktaRoleMapping } from "../../../crds/types.ts";
import { chartRights } from "../../../dev/control-plane/service-account.ts";
import type { CookieJar } from "../../../dev/okta/index.ts";
import { CompiledPolicy, resolveAccess } from "../../../identity/index.ts";
import { KubernetesStore } from "../../../identity/stores/kubernetes/kubernetes-store.ts";
import { waitFor } from "../../cluster.ts";
import { type Answer, Browser } from "../browser.ts";
import { object, person, type UnderTest, webhookUnderTest } from "../webhook-under-test.ts";

const ADMINS: [string[], string[]] = [["org_admin"], ["organization-admin"]];
const MAPPINGS: Record<string, [string[], string[]]> = {
  services: [["service_admin"], ["service-admin"]],
  admins: ADMINS,
};
const okta = {
  users: [
    person("ada", ["org_admin", "service_admin"]),
    person("ben", ["service_admin"]),
    person("raj", ["portal_admin", "service_admin"]),
    person("zoe", ["org_admin"]),
  ],
  groups: ["org_admin", "service_admin", "portal_admin", "Web"],
};

const PAGE = "/login/acme/mappings";
const EDITABLE = { console: { editMappings: true } };

interface Scene extends UnderTest {
  /** Ada's browser: she administers Acme. */
  readonly ada: Browser;
  cookies(name: string): Promise<CookieJar>;
  mapping(name: string): Promise<OktaRoleMapping | undefined>;
}

async function scene(
  t: ExecutionContext,
  {
    spec = EDITABLE,
    mappings = MAPPINGS,
    isGranted = true,
  }: Partial<{
    spec: object;
    mappings: typeof MAPPINGS;
    isGranted: boolean;
  }> = {},
): Promise<Scene> {
  const rights = await chartRights(undefined, { editMappings: isGranted });
  const underTest = await webhookUnderTest(t, { okta, rights });
  await underTest.applyAcme({ mappings, spec });
  const cookies = async (name: string): Promise<CookieJar> => await underTest.signedIn(name);
  return {
    ...underTest,
    ada: underTest.browser(await cookies("ada")),
    cookies,
    mapping: async (name) => {
      const { stdout } = await underTest.cluster.kubectl(
        "get",
        "orm",
        name,
        "--show-managed-fields",
        "--ignore-not-found",
        "-o",
        "json",
      );
      return stdout === "" ? undefined : JSON.parse(stdout);
    },
  };
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&#96;", "`")
    .replaceAll("&amp;", "&");

/** What the field of a role holds; undefined where there is none. */
function fieldOf({ body }: Answer, role: string): string | undefined {
  const [, text] =
    new RegExp(`<textarea[^>]* name="groups:${role}"[^>]*>\n([^<]*)</textarea>`).exec(body) ?? [];
  return text === undefined ? undefined : unescaped(text);
}

function manifestOf({ body }: Answer): { metadata: { name: string }; spec: object }[] {
  const [, text = ""] = /<pre id="manifest"[^>]*>([^<]*)<\/pre>/.exec(body) ?? [];
  return parseAllDocuments(unescaped(text)).map((document) => document.toJS());
}

/** What the button Save would send. */
function saveForm({ body }: Answer): Record<string, string> | undefined {
  const [, form] = /action="\/login\/acme\/mappings\/save">(.*?)<\/form>/s.exec(body) ?? [];
  if (form === undefined) return undefined;
  const fields = form.matchAll(/name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries(Array.from(fields, ([, name = "", value = ""]) => [name, unescaped(value)]));
}

async function preview(browser: Browser, groups: Record<string, string>): Promise<Answer> {
  const fields = Object.entries(groups).map(([role, text]) => [`groups:${role}`, text]);
  return browser.post(PAGE, Object.fromEntries(fields));
}

/** Previews, and saves what was previewed. */
async function save(browser: Browser, groups: Record<string, string>): Promise<Answer> {
  const form = saveForm(await preview(browser, groups));
  if (!form) throw new Error("it can't be saved");
  return browser.post(`${PAGE}/save`, form);
}

test("the page shows which groups give which role, with the role's description, and whose the mappings are", async (t) => {
  const { ada, apply, cluster } = await scene(t, {
    spec: {
      roles: [
        { name: "service-admin", displayName: "Service Admin", description: "Manages all services." },
        { name: "organization-admin", displayName: "Organization Admin", admin: true },
        { name: "viewer", displayName: "Viewer" },
      ],
    },
  });
  await apply(
    object("OktaRoleMapping", "both", {
      organizationRef: { name: "acme" },
      groups: [{ id: "00g1emaKYZTWRYYRRTSK" }],
      roles: ["service-admin", "viewer"],
    }),
  );
  const page = await ada.get(PAGE);
  t.is(page.status, 200);
  t.is(fieldOf(page, "service-admin"), "service_admin", "the one mapping of this role alone");
  t.is(fieldOf(page, "organization-admin"), "org_admin");
  t.is(fieldOf(page, "viewer"), "");
  t.regex(page.body, /Manages all services\./);
  t.regex(page.body, /The mapping <code>services<\/code> is kept by kubectl/);
  t.regex(page.body, /<code>both<\/code> <span class="soft">kept by\s+kubectl/);
  t.regex(page.body, /id:00g1emaKYZTWRYYRRTSK/);
  t.deepEqual(
    manifestOf(page).map(({ metadata }) => metadata),
    [
      { name: "services", namespace: cluster.namespace },
      { name: "admins", namespace: cluster.namespace },
    ],
  );
});

test("what the operator says of a mapping stands beside it: groups that are nearly named so, its id's name, and a pause", async (t) => {
  const { ada, cluster, mapping } = await scene(t, {
    spec: {},
    mappings: { admins: ADMINS, services: [["service_admin"], ["service-admin"]] },
  });
  const told =
    'Group names match exactly, and people have signed in with "Service_Admin": check spec.groups.';
  const { metadata, spec } = (await mapping("services")) ?? {};
  await cluster.kubectl(
    "patch",
    "orm",
    "services",
    "--type=merge",
    "-p",
    '{"spec":{"groups":[{"id":"00g1"}]}}',
  );
  const generation = (metadata?.generation ?? 0) + 1;
  const condition = { observedGeneration: generation, lastTransitionTime: "2026-11-26T08:00:00Z" };
  const status = {
    observedGeneration: generation,
    groups: [{ id: "00g1", name: "Engineering <b>" }],
    conditions: [
      { ...condition, type: "Ready", status: "True", reason: "Paused", message: "Paused: we are moving." },
      { ...condition, type: "GroupsResolved", status: "Unknown", reason: "GroupNameDiffers", message: told },
    ],
  };
  t.truthy(spec);
  const patched = ["patch", "orm", "services", "--subresource=status", "--type=merge", "-p"];
  await cluster.kubectl(...patched, JSON.stringify({ status }));
  const page = await ada.get(PAGE);
  t.regex(page.body, /services:<\/strong> Paused: we are moving\./);
  t.true(unescaped(page.body).includes(told));
  t.regex(page.body, /<code>id:00g1<\/code> is <span dir="auto">Engineering &lt;b&gt;<\/span>/);
  t.is(fieldOf(page, "service-admin"), "id:00g1");
});

test("a changed form shows who would gain and lose what, and the manifest does just that", async (t) => {
  const { ada, cookies, apply, session } = await scene(t, { spec: {} });
  const [ben, raj] = [await cookies("ben"), await cookies("raj")];
  const page = await preview(ada, {
    "service-admin": "portal_admin",
    "portal-admin": "portal_admin\nservice_admin",
  });
  t.is(page.status, 200);
  t.regex(page.body, /<p>3 people gain a role\. 2 people lose a role and keep another\. <\/p>/);
  t.regex(page.body, /Service Admin<\/th><td>0<\/td><td>2<\/td>/);
  t.regex(page.body, /Portal Admin<\/th><td>3<\/td><td>0<\/td>/);
  t.regex(page.body, /ben@acme\.example/);
  t.is(saveForm(page), undefined, "this organization's admins don't save");
  const manifests = manifestOf(page);
  t.deepEqual(
    manifests.map(({ metadata }) => metadata.name),
    ["services", "acme.portal-admin"],
  );
  await apply(...manifests);
  // The webhook alone decides at the next sign-in only; the preview's own test compares with the operator.
  t.like((await session(ben)).body, { roles: [{ name: "service-admin" }] });
  t.like((await session(raj)).body, { roles: [{ name: "service-admin" }] });
  const now = await ada.get(PAGE);
  t.is(fieldOf(now, "portal-admin"), "portal_admin\nservice_admin");
  const again = await preview(ada, { "portal-admin": " service_admin \r\n\r\nportal_admin\r\n" });
  t.regex(again.body, /Nothing would change/);
});

test("a group that nobody has come with is told, and which one may be meant", async (t) => {
  const { ada } = await scene(t);
  const page = await preview(ada, { "portal-admin": "Service_Admin\nservice_admin\nunheard-of" });
  t.regex(
    page.body,
    /<strong dir="auto">Service_Admin<\/strong>, but people have with\s+<strong dir="auto">service_admin/,
  );
  t.regex(page.body, /Nobody has come with <strong dir="auto">unheard-of<\/strong> so far/);
});

test("what can't be read as groups is said at its field, and what was filled in stays", async (t) => {
  const { ada } = await scene(t);
  const text = "service_admin\nid:not an id";
  const page = await preview(ada, { "service-admin": text, "portal-admin": "portal_admin" });
  t.is(page.status, 422);
  t.regex(page.body, /After id: stands the id that the group has in Okta/);
  t.is(fieldOf(page, "service-admin"), text);
  t.is(fieldOf(page, "portal-admin"), "portal_admin");
});

test("who isn't an admin sees none of it and changes none of it; nor does an admin of another organization", async (t) => {
  const underTest = await scene(t);
  const { cookies, browser, applyAcme, signedIn, mapping } = underTest;
  await applyAcme({ name: "beta", mappings: { "beta-admins": [["portal_admin"], ["organization-admin"]] } });
  const strangers: [who: string, jar: CookieJar | undefined, statuses: number[]][] = [
    ["somebody without an admin role", await cookies("ben"), [403, 403, 403]],
    ["an admin of another organization", await signedIn("raj", { path: "/login/beta" }), [303, 401, 401]],
    ["nobody", undefined, [303, 401, 401]],
  ];
  const form = { "groups:service-admin": "marketing", seen: "00000000" };
  for (const [who, jar, statuses] of strangers) {
    const there = browser(jar);
    const answers = [
      await there.get(PAGE, { "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }),
      await there.post(PAGE, form),
      await there.post(`${PAGE}/save`, form),
    ];
    t.deepEqual(
      answers.map(({ status }) => status),
      statuses,
      who,
    );
    for (const { body } of answers) t.notRegex(body, /service_admin|org_admin/, who);
  }
  t.is(await mapping("acme.service-admin"), undefined);
});

test("nothing is previewed or saved for another site's form", async (t) => {
  const { ada, mapping } = await scene(t);
  const form = saveForm(await preview(ada, { "portal-admin": "portal_admin" })) ?? {};
  for (const [path, fields] of [
    [PAGE, { "groups:portal-admin": "portal_admin" }],
    [`${PAGE}/save`, form],
  ] as const)
    for (const site of ["cross-site", "same-site", "none"])
      t.is((await ada.post(path, fields, { "sec-fetch-site": site })).status, 403, `${path} ${site}`);
  t.is(await mapping("acme.portal-admin"), undefined);
});

test("who saves makes a mapping of the page's own; it says who has done what, in the audit log and in an Event", async (t) => {
  const { ada, mapping, lines, cluster } = await scene(t);
  const answer = await save(ada, { "portal-admin": "portal_admin\nid:00g7" });
  t.is(answer.status, 303);
  const saved = String(answer.headers.location);
  const made = await mapping("acme.portal-admin");
  t.deepEqual(made?.spec, {
    organizationRef: { name: "acme" },
    groups: [{ name: "portal_admin" }, { id: "00g7" }],
    roles: ["portal-admin"],
  });
  t.regex(JSON.stringify(made?.metadata), /"manager":"okta-role-console","operation":"Apply"/);
  const page = await ada.get(saved);
  t.regex(page.body, /role="status">Saved\./);
  t.notRegex((await ada.get(`${PAGE}?saved=yes`)).body, /Saved\./, "a link can't say so");
  t.is(fieldOf(page, "portal-admin"), "portal_admin\nid:00g7");

  const again = await save(ada, { "portal-admin": "portal_admin\nWeb" });
  t.is(again.status, 303);
  t.notRegex((await ada.get(saved)).body, /Saved\./, "it isn't so any more");
  t.regex((await ada.get(String(again.headers.location))).body, /Saved\./);
  t.deepEqual((await mapping("acme.portal-admin"))?.spec.groups, [{ name: "portal_admin" }, { name: "Web" }]);
  const told = lines.filter(({ audit, action }) => audit === true && action === "save-mapping");
  t.is(told.length, 2);
  t.like(told[1], {
    organization: `${cluster.namespace}/acme`,
    mapping: `${cluster.namespace}/acme.portal-admin`,
    role: "portal-admin",
    email: "ada@acme.example",
    added: ["Web"],
    removed: ["id:00g7"],
  });
  const event = await waitFor(
    async () => {
      const { stdout } = await cluster.kubectl(
        "get",
        "events.events.k8s.io",
        "--field-selector=reason=MappingSaved",
        "-o",
        "json",
      );
      const { items } = JSON.parse(stdout) as {
        items: { reason: string; note: string; regarding: object }[];
      };
      return items.find(({ reason, note }) => reason === "MappingSaved" && note.includes("taken out"));
    },
    { what: "the Event" },
  );
  t.like(event.regarding, { kind: "OktaRoleMapping", name: "acme.portal-admin" });
  t.is(
    event.note,
    'ada@acme.example has added "Web" and taken out "id:00g7" on the page Role mapping, for the role portal-admin.',
  );
});

test("the last group that is taken out takes the mapping with it", async (t) => {
  const { ada, mapping, lines } = await scene(t);
  await save(ada, { "portal-admin": "portal_admin" });
  t.truthy(await mapping("acme.portal-admin"));
  const page = await preview(ada, { "portal-admin": "" });
  t.regex(page.body, /<code>acme\.portal-admin<\/code> is deleted/);
  const saved = await ada.post(`${PAGE}/save`, saveForm(page) ?? {});
  t.is(saved.status, 303);
  t.is(await mapping("acme.portal-admin"), undefined);
  t.regex((await ada.get(String(saved.headers.location))).body, /Saved\./);
  t.true(lines.some(({ action }) => action === "delete-mapping"));
});

test("what has changed since the preview isn't overwritten: the new preview is shown instead", async (t) => {
  const { ada, mapping, apply } = await scene(t);
  const form = saveForm(await preview(ada, { "portal-admin": "portal_admin" })) ?? {};
  await apply(
    object("OktaRoleMapping", "more", {
      organizationRef: { name: "acme" },
      groups: [{ name: "service_admin" }],
      roles: ["portal-admin"],
    }),
  );
  const stale = await ada.post(`${PAGE}/save`, form);
  t.is(stale.status, 409);
  t.regex(stale.body, /Not saved:<\/strong> somebody has changed the mappings/);
  t.is(await mapping("acme.portal-admin"), undefined);
  const anew = saveForm(stale) ?? {};
  t.not(anew.seen, form.seen);
  t.is((await ada.post(`${PAGE}/save`, anew)).status, 303, "who has seen that may save");
  t.truthy(await mapping("acme.portal-admin"));
});

test("of two admins who save at once, one saves, and the other sees what is there by now", async (t) => {
  const { ada, browser, cookies, mapping } = await scene(t);
  const zoe = browser(await cookies("zoe"));
  await save(ada, { "portal-admin": "portal_admin" });
  const forms = [
    saveForm(await preview(ada, { "portal-admin": "portal_admin\nWeb" })) ?? {},
    saveForm(await preview(zoe, { "portal-admin": "service_admin" })) ?? {},
  ];
  const answers = await Promise.all([ada, zoe].map((who, i) => who.post(`${PAGE}/save`, forms[i] ?? {})));
  t.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
  const groups = (await mapping("acme.portal-admin"))?.spec.groups;
  const isAdas = answers[0]?.status === 303;
  t.deepEqual(groups, isAdas ? [{ name: "portal_admin" }, { name: "Web" }] : [{ name: "service_admin" }]);
});

test("of two replicas at once, one saves", async (t) => {
  const underTest = await scene(t);
  const { ada, mapping, replica, lines } = underTest;
  await save(ada, { "portal-admin": "portal_admin" });
  const other = await replica();
  const elsewhere = new Browser(other.url, ada.cookies);
  const forms = [
    saveForm(await preview(ada, { "portal-admin": "portal_admin\nWeb" })) ?? {},
    saveForm(await preview(ada, { "portal-admin": "service_admin" })) ?? {},
  ];
  const answers = await Promise.all(
    [ada, elsewhere].map((who, i) => who.post(`${PAGE}/save`, forms[i] ?? {})),
  );
  t.deepEqual(answers.map(({ status }) => status).sort(), [303, 409]);
  t.is(lines.filter(({ action }) => action === "save-mapping").length, 2);
  t.is((await mapping("acme.portal-admin"))?.metadata.generation, 2);
});

test("a mapping that somebody else has a hand in is theirs: it is shown, and says whose it is", async (t) => {
  const { ada, mapping, cluster, apply } = await scene(t);
  await save(ada, { "portal-admin": "portal_admin" });
  const form = saveForm(await preview(ada, { "portal-admin": "portal_admin\nWeb" })) ?? {};
  const taken = await mapping("acme.portal-admin");
  const { apiVersion, kind, metadata, spec } = taken ?? {};
  const theirs = { apiVersion, kind, metadata: { name: metadata?.name }, spec };
  const applied = ["apply", "--server-side", "--field-manager=argocd-controller", "-f", "-"];
  await cluster.kubectlWith(theirs, ...applied);
  const page = await ada.get(PAGE);
  t.is(fieldOf(page, "portal-admin"), undefined);
  t.regex(page.body, /Groups, kept by Argo CD in the mapping <code>acme\.portal-admin<\/code>/);
  const refused = await ada.post(`${PAGE}/save`, form);
  t.is(refused.status, 409);
  t.regex(refused.body, /It can't be saved here, since <code>acme\.portal-admin<\/code> is kept by Argo CD/);
  t.is(saveForm(refused), undefined);
  t.deepEqual((await mapping("acme.portal-admin"))?.spec.groups, [{ name: "portal_admin" }]);
  // A name that the page would take for a role without a mapping.
  await apply(
    object("OktaRoleMapping", "acme.service-admin", {
      organizationRef: { name: "acme" },
      groups: [{ name: "Web" }],
      roles: ["service-admin", "portal-admin"],
    }),
  );
  t.is(fieldOf(await ada.get(PAGE), "service-admin"), undefined);
});

test("a mapping of another organization that has the name isn't touched", async (t) => {
  const { ada, mapping, apply } = await scene(t);
  const form = saveForm(await preview(ada, { "portal-admin": "portal_admin" })) ?? {};
  await apply(
    object("OktaRoleMapping", "acme.portal-admin", {
      organizationRef: { name: "beta" },
      groups: [{ name: "Web" }],
      roles: ["portal-admin"],
    }),
  );
  const answer = await ada.post(`${PAGE}/save`, form);
  t.is(answer.status, 409);
  t.regex(
    answer.body,
    /<code>acme\.portal-admin<\/code>: it is another one by now, is gone, or is one of another organization/,
  );
  t.is((await mapping("acme.portal-admin"))?.spec.organizationRef.name, "beta");
});

test("a change to what is paused is shown, and that it comes true when that is over", async (t) => {
  const { ada, cluster, heard } = await scene(t);
  await save(ada, { "portal-admin": "portal_admin" });
  await cluster.kubectl("annotate", "orm", "acme.portal-admin", `${PAUSE_ANNOTATION}=we are moving`);
  const page = await preview(ada, { "portal-admin": "portal_admin\norg_admin" });
  t.regex(page.body, /The mapping <code>acme\.portal-admin<\/code> is paused/);
  t.regex(page.body, /Nobody who has an account here would gain or lose a role\./);
  const gone = await preview(ada, { "portal-admin": "" });
  t.regex(gone.body, /<code>acme\.portal-admin<\/code> is paused: to delete it is to end the pause\./);
  await cluster.kubectl("annotate", "oktaorg", "acme", `${PAUSE_ANNOTATION}=we are moving`);
  await heard("oktaorg", "acme");
  const whole = await preview(ada, { "service-admin": "org_admin" });
  t.regex(whole.body, /Changes are paused in the Organization acme/);
});

test("where saving was switched off since the preview, nothing is saved", async (t) => {
  const { ada, mapping, cluster } = await scene(t);
  const form = saveForm(await preview(ada, { "portal-admin": "portal_admin" })) ?? {};
  const off = '{"spec":{"console":{"editMappings":false}}}';
  await cluster.kubectl("patch", "oktaorg", "acme", "--type=merge", "-p", off);
  const answer = await ada.post(`${PAGE}/save`, form);
  t.is(answer.status, 403);
  t.regex(answer.body, /spec\.console\.editMappings/);
  t.is(await mapping("acme.portal-admin"), undefined);
});

test("without the right to write mappings it says what to set", async (t) => {
  const { ada, mapping } = await scene(t, { isGranted: false });
  const answer = await save(ada, { "portal-admin": "portal_admin" });
  t.is(answer.status, 403);
  t.regex(answer.body, /console\.editMappings: true<\/code>, a value of the Helm chart/);
  t.is(await mapping("acme.portal-admin"), undefined);
});

test("what the cluster's own policy has against a mapping is told, and isn't taken for a missing right", async (t) => {
  const { ada, mapping, cluster } = await scene(t);
  const { namespace } = cluster;
  const name = `no-web.${namespace}`;
  const type = { apiVersion: "admissionregistration.k8s.io/v1", metadata: { name } };
  const ofNamespace = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
  const rule = { apiGroups: ["rolemapping.dev"], apiVersions: ["*"], resources: ["oktarolemappings"] };
  const policy = {
    ...type,
    kind: "ValidatingAdmissionPolicy",
    spec: {
      matchConstraints: { ...ofNamespace, resourceRules: [{ ...rule, operations: ["CREATE", "UPDATE"] }] },
      validations: [
        {
          expression: "!object.spec.groups.exists(g, has(g.name) && g.name == 'Web')",
          message: "Web gets nothing here",
          reason: "Forbidden",
        },
      ],
    },
  };
  const binding = {
    ...type,
    kind: "ValidatingAdmissionPolicyBinding",
    spec: { policyName: name, validationActions: ["Deny"] },
  };
  t.teardown(async () => {
    await cluster.kubectl("delete", "validatingadmissionpolicybindings,validatingadmissionpolicies", name);
  });
  for (const each of [policy, binding]) await cluster.kubectlWith(each, "apply", "-f", "-");
  const probe = object("OktaRoleMapping", "probe", {
    organizationRef: { name: "acme" },
    groups: [{ name: "Web" }],
    roles: ["portal-admin"],
  });
  await waitFor(
    async () => {
      const { stderr } = await cluster.tryKubectl(["create", "--dry-run=server", "-f", "-"], probe);
      return stderr.includes("Web gets nothing here") || undefined;
    },
    { what: "the policy to be in force" },
  );
  const answer = await save(ada, { "portal-admin": "Web" });
  t.is(answer.status, 422);
  t.regex(answer.body, /the API server doesn't accept this\.[^<]*Web gets nothing here/);
  t.notRegex(answer.body, /may not write mappings/);
  t.is(await mapping("acme.portal-admin"), undefined);
});

test("who would lose their own admin role is told before, and nothing is saved until they were", async (t) => {
  const { ada, mapping, apply, cookies } = await scene(t);
  await cookies("zoe");
  await save(ada, { "organization-admin": "service_admin" });
  await apply(
    object("OktaRoleMapping", "admins", {
      organizationRef: { name: "acme" },
      groups: [{ name: "Web" }],
      roles: ["organization-admin"],
    }),
  );
  const page = await preview(ada, { "organization-admin": "portal_admin" });
  t.regex(page.body, /You would lose your own admin role\.<\/strong> That doesn&#39;t come true at once/);
  t.regex(page.body, /Nobody would hold <code>organization-admin<\/code>/);
  const { own, ...untold } = saveForm(page) ?? {};
  t.is(own, "loses");
  t.is((await ada.post(`${PAGE}/save`, untold)).status, 409);
  t.deepEqual((await mapping("acme.organization-admin"))?.spec.groups, [{ name: "service_admin" }]);
  t.is((await ada.post(`${PAGE}/save`, { ...untold, own: "loses" })).status, 303);
});

test("what would be held by the safeguards is said", async (t) => {
  const { ada, webhook, client, cluster, okta } = await scene(t);
  const store = new KubernetesStore({ client, cache: webhook.caches.users, type: organizationUsers });
  const groups = [{ name: "Web" }];
  const policy = new CompiledPolicy(
    [{ name: "portal-admin" }],
    [{ name: "acme.portal-admin", groups, roles: ["portal-admin"] }],
  );
  for (let i = 0; i < 8; i++)
    await store.create({
      organization: `${cluster.namespace}/acme`,
      identity: { issuer: okta.issuer(), subject: `u${i}`, emailVerified: true, groups, groupsFrom: "Claim" },
      access: resolveAccess({ groups }, policy),
    });
  const isKnown = (): true | undefined => {
    const active = [...webhook.caches.users.list()].filter(({ status }) => status?.state === "Active");
    return active.length === 9 ? true : undefined;
  };
  await waitFor(isKnown, { what: "the webhook to know them" });
  t.is((await save(ada, { "portal-admin": "Web" })).status, 303);
  const page = await preview(ada, { "portal-admin": "marketing" });
  t.regex(
    page.body,
    /8 people would lose all access: more than this organization\s+allows<\/strong> \(20% within/,
  );
  t.regex(page.body, /Would lose all access: 8/);
});

test("no page is larger than 100 kB, whatever is in it, and nothing in it is markup", async (t) => {
  const long = (i: number) => `<img src=x onerror=alert(${i})> ${"é&'\"`".repeat(30)}`;
  const roles = Array.from({ length: 100 }, (_, i) => ({
    name: `role-${i}`,
    displayName: `<b>${"R".repeat(80)}`,
    description: "<script>".repeat(100),
  }));
  const spec = {
    ...EDITABLE,
    displayName: "<i>Acme",
    roles: [...roles, { name: "organization-admin", displayName: "Organization Admin", admin: true }],
  };
  const many = Array.from({ length: 200 }, (_, i) => long(i));
  const { ada } = await scene(t, {
    spec,
    mappings: { admins: ADMINS, many: [many, ["role-0", "role-1"]], one: [many, ["role-2"]] },
  });
  const groups = Object.fromEntries(roles.map(({ name }) => [name, many.slice(0, 3).join("\n")]));
  const pages = {
    "all roles": await ada.get(PAGE),
    "one role": await ada.get(`${PAGE}?role=role-2`),
    "a preview": await preview(ada, groups),
    "a preview of one": await preview(ada, { "role-3": many.join("\n") }),
    "what was filled in": await ada.post(PAGE, { "groups:role-3": many.join("\n"), back: "yes" }),
  };
  for (const [what, { status, body }] of Object.entries(pages)) {
    t.is(status, 200, what);
    t.true(Buffer.byteLength(body) < 100_000, `${what}: ${Buffer.byteLength(body)} bytes`);
    t.notRegex(body, /<(img|b|i|script)>|<img|onerror=alert\(\d+\)>/, what);
  }
  t.regex(pages["all roles"].body, /Roles that there is no room for here/);
});
