import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import {
  AlreadyExistsError,
  type Change,
  type ConfigMap,
  ConflictError,
  ForbiddenError,
  NotLeaderError,
} from "../../../kubernetes/index.ts";
import { LoginPaths } from "../../../operator/organizations/login-paths.ts";
import { LoginPathPrefixes } from "../../../organizations/login-path-prefixes.ts";
import { fakeClock } from "../../kubernetes/fake-clock.ts";
import { logLines } from "../../log-lines.ts";
import { organization } from "../../organizations/organization.ts";

const clock = fakeClock(test);
const NOON = Date.UTC(2026, 10, 27, 12);
const HOUR = 3_600_000;
const NAME = { namespace: "ops", name: "paths" };
const refused = { status: 403, reason: "Forbidden" };
const forbidden = () => new ForbiddenError("may not write", refused);
const conflict = () => new ConflictError("somebody was faster", { status: 409, reason: "Conflict" });

/** What reserves login paths, with what it knows, and writes that go through or fail as they are told to. */
function scene({ perNamespace = 3, prefixes = [] as [string, string][] } = {}) {
  const state = {
    now: NOON,
    object: undefined as ConfigMap | undefined,
    organizations: [] as Organization[],
    others: new Set<string>(),
    unread: new Set<string>(),
    fail: undefined as Error | string | undefined,
    /** What happens while something is written. */
    meanwhile: undefined as (() => void) | undefined,
    writes: [] as string[],
  };
  let changed = (_: Change<ConfigMap>): void => {};
  let organizationChanged = (_: Change<Organization>): void => {};
  const { log, lines } = logLines();
  const put = (data: Record<string, string>): ConfigMap => {
    const resourceVersion = `${state.writes.length + 1}`;
    return { metadata: { ...NAME, resourceVersion }, data } as ConfigMap;
  };
  const write = (verb: string) => async (_: unknown, object: ConfigMap) => {
    if (state.fail !== undefined) throw state.fail;
    if (object.metadata.name !== NAME.name) throw new Error("another object is written");
    state.meanwhile?.();
    const written = put(object.data ?? {});
    state.writes.push(`${verb} ${Object.entries(object.data ?? {}).join(" ")}`);
    return written as never;
  };
  const tell = (object: ConfigMap): void => {
    const previous = state.object;
    state.object = object;
    changed(
      previous
        ? { kind: "updated", key: "ops/paths", object, previous }
        : { kind: "added", key: "ops/paths", object },
    );
  };
  const isReadable = (namespace: string) => !state.unread.has(namespace);
  const paths = new LoginPaths({
    client: { create: write("create"), replace: write("replace") } as never,
    cache: {
      get: () => state.object,
      isReadable,
      observe: tell,
      subscribe: (listener: typeof changed) => {
        changed = listener;
      },
    } as never,
    organizations: {
      list: () => state.organizations,
      isReadable,
      subscribe: (listener: typeof organizationChanged) => {
        organizationChanged = listener;
      },
    } as never,
    isOthers: ({ metadata }) => state.others.has(metadata.name),
    object: NAME,
    rules: { prefixes: new LoginPathPrefixes(prefixes), perNamespace, retentionMs: HOUR },
    now: () => state.now,
    log,
  });
  /** Organizations are these from now on. */
  const become = (...organizations: Organization[]): void => {
    const before = new Map(state.organizations.map((each) => [each.metadata.name, each]));
    state.organizations = organizations;
    for (const object of organizations) {
      const previous = before.get(object.metadata.name);
      const key = `${object.metadata.namespace}/${object.metadata.name}`;
      organizationChanged(
        previous ? { kind: "updated", key, object, previous } : { kind: "added", key, object },
      );
    }
  };
  return {
    state,
    paths,
    become,
    tell,
    put,
    lines,
    deleted: (resourceVersion = "deleted") =>
      changed({
        kind: "deleted",
        key: "ops/paths",
        object: { metadata: { ...NAME, resourceVersion } } as ConfigMap,
      }),
  };
}

const acme = organization("team/acme", "acme");
const beta = organization("team/beta", "beta");

test.serial(
  "what is to be reserved is written once, for all; then only when something has changed",
  async (t) => {
    const { state, paths, become, tell, put, deleted } = scene();
    become(acme, beta);
    await Promise.all([paths.settle(), paths.settle()]);
    t.deepEqual(state.writes, ["create acme,team/acme beta,team/beta"]);
    t.deepEqual(
      [acme, beta].map((each) => paths.of(each).kind),
      ["accepted", "accepted"],
    );
    await paths.settle();
    become({ ...acme, spec: { ...acme.spec, displayName: "Acme, Inc." } }, beta);
    await paths.settle();
    t.is(state.writes.length, 1);
    become(organization("team/acme", "acme-eu"), beta);
    await paths.settle();
    t.is(
      state.writes[1],
      "replace acme,team/acme unused since 2026-11-27T12:00:00Z beta,team/beta acme-eu,team/acme",
    );
    tell(put({ acme: "who knows" }));
    await paths.settle();
    t.is(state.writes[2], "replace acme,who knows acme-eu,team/acme beta,team/beta");
    state.object = undefined;
    deleted();
    await paths.settle();
    t.is(
      state.writes[3],
      "create acme,who knows acme-eu,team/acme beta,team/beta",
      "somebody has to look at it",
    );
  },
);

test.serial(
  "what somebody else writes changes nothing where it is the same; whoever begins looks at what there is",
  async (t) => {
    const { state, paths, tell, put, deleted } = scene();
    state.organizations = [acme, beta];
    await paths.settle();
    t.deepEqual(state.writes, ["create acme,team/acme beta,team/beta"]);
    const versioned = (resourceVersion: string, data?: Record<string, string>) =>
      ({ metadata: { ...NAME, resourceVersion }, ...(data && { data }) }) as ConfigMap;
    tell(versioned("7", { ...put({}).data, beta: "team/beta", acme: "team/acme" }));
    await paths.settle();
    t.is(state.writes.length, 1);
    tell(versioned("8", { acme: "team/acme" }));
    await paths.settle();
    t.is(state.writes[1], "replace acme,team/acme beta,team/beta");
    tell(versioned("9", { acme: "team/beta", beta: "team/beta" }));
    await paths.settle();
    t.is(state.writes[2], "replace acme,team/acme beta,team/beta", "it is whose organization asks for it");
    tell(versioned("10"));
    await paths.settle();
    t.is(state.writes[3], "replace acme,team/acme beta,team/beta");
    t.is(paths.of(acme).kind, "accepted");
    state.object = undefined;
    state.organizations = [beta, organization("other/acme", "acme")];
    deleted("4");
    await paths.settle();
    t.is(
      state.writes[4],
      "create acme,team/acme unused since 2026-11-27T12:00:00Z beta,team/beta",
      "whoever deletes it frees nothing",
    );
  },
);

test.serial(
  "an organization that another release comes to serve, or serves no longer, is decided on anew",
  async (t) => {
    const { state, paths, become } = scene();
    state.others.add("acme");
    become(acme);
    await paths.settle();
    t.deepEqual(state.writes, ["create "]);
    state.others.clear();
    await paths.settle();
    t.is(state.writes.length, 1, "nobody has told of it");
    become({ ...acme, status: { controller: "ops/us" } } as Organization);
    await paths.settle();
    t.is(state.writes[1], "replace acme,team/acme");
  },
);

test.serial(
  "who asks for a path waits for the write that has it, and not for what others ask for then",
  async (t) => {
    const { state, paths, become } = scene();
    let turn = 0;
    state.meanwhile = () => {
      turn++;
      if (turn < 20) become(acme, organization("team/beta", `beta-${turn}`));
    };
    become(acme, beta);
    await paths.settle();
    t.is(paths.of(acme).kind, "accepted");
    t.is(state.writes.length, 1);
    const first = paths.settle();
    become(acme, beta, organization("other/x", "x")); // while that is written
    await paths.settle();
    t.true(state.writes.at(-1)?.includes("x,other/x"));
    t.is(state.writes.length, 3);
    await first;
  },
);

test.serial("a path that was left is free at its time, without anybody's word", async (t) => {
  const { state, paths, become } = scene();
  become(acme);
  await paths.settle();
  become(organization("team/acme", "other"));
  await paths.settle();
  state.now += HOUR - 1;
  await paths.settle();
  t.is(state.writes.length, 2);
  state.now += 1;
  await paths.settle();
  t.is(state.writes.at(-1), "replace other,team/acme");
});

test.serial(
  "a write that fails is told of, logged once for each time, and tried again after a moment",
  async (t) => {
    const { state, paths, become, lines } = scene();
    become(acme);
    t.deepEqual(paths.of(acme), { kind: "unreserved", why: "it hasn't been written yet" });
    state.fail = forbidden();
    const first = paths.settle();
    become(acme, beta); // meanwhile: it waits for the same write
    await Promise.all([first, paths.settle()]);
    t.deepEqual(paths.of(acme), { kind: "unreserved", why: "may not write" });
    t.is(lines.length, 1);
    state.fail = undefined;
    await clock.pass(900);
    await paths.settle();
    t.deepEqual(state.writes, []);
    await clock.pass(100);
    await paths.settle();
    t.is(paths.of(acme).kind, "accepted");
    become(acme, beta, organization("other/x", "x"));
    await paths.settle();
    t.is(state.writes.length, 2, "after a success nothing is waited for");
  },
);

test.serial("whoever wrote meanwhile, or leads now, has the word: the reconcile comes again", async (t) => {
  const exists = new AlreadyExistsError("it is there", { status: 409, reason: "AlreadyExists" });
  for (const error of [conflict(), exists, new NotLeaderError("another leads")]) {
    const { state, paths, become, lines } = scene();
    become(acme);
    state.fail = error;
    await t.throwsAsync(paths.settle(), { is: error });
    t.deepEqual(lines, []);
    state.fail = undefined;
    await paths.settle();
    t.is(state.writes.length, 1, "at once");
  }
  const blind = scene();
  blind.become(acme);
  blind.state.fail = conflict();
  blind.state.unread.add("ops");
  await blind.paths.settle();
  t.like(blind.paths.of(acme), { kind: "unreserved", why: "somebody was faster" });
  const odd = scene();
  odd.become(acme);
  odd.state.fail = "no error at all";
  await t.throwsAsync(odd.paths.settle(), { any: true });
});

test.serial("whose a path is, until when, or why it is nobody's", async (t) => {
  const { state, paths, put } = scene({ perNamespace: 2, prefixes: [["bound", "b-"]] });
  state.object = put({
    acme: "team/acme",
    left: "team/acme unused since 2026-11-27T11:30:00Z",
    odd: "who knows",
    more: "full/one",
    most: "full/two",
  });
  const of = (key: string, path: string) => paths.of(organization(key, path));
  t.deepEqual(of("team/acme", "acme"), { kind: "accepted" });
  t.deepEqual(of("team/other", "acme"), { kind: "taken", by: "team/acme" });
  t.deepEqual(of("team/other", "left"), { kind: "taken", by: "team/acme", until: NOON + HOUR / 2 });
  t.deepEqual(of("team/acme", "odd"), { kind: "unreadable", object: "ops/paths" });
  t.deepEqual(of("full/three", "third"), { kind: "no-room", in: "namespace", perNamespace: 2 });
  t.is(of("other/one", "third").kind, "unreserved");
  t.deepEqual(of("bound/one", "c"), { kind: "not-allowed", prefixes: ["b-"] });
  t.deepEqual(of("team/one", "b-one"), { kind: "not-allowed", prefixes: [] });
  t.is(scene({ perNamespace: 0 }).paths.of(acme).kind, "unreserved", "nothing is known yet");
});
