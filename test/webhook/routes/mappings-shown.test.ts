import test, { type ExecutionContext } from "ava";
import express from "express";
import { editsOf, type FilledIn } from "../../../webhook/console/mapping-edits.ts";
import type { Leaves, Previewed, Saved, Seen } from "../../../webhook/console/role-mappings.ts";
import { savedMark } from "../../../webhook/console/saved-mark.ts";
import type { Visitor } from "../../../webhook/console/visitor.ts";
import { mappings, previewMappings, saveMappings } from "../../../webhook/routes/mappings.ts";
import { deskOf } from "../pages/console/a-desk.ts";
import { textIn } from "../pages/reading.ts";
import { headline, SmallWebhook } from "./small-webhook.ts";

const NOBODY = { count: 0, first: [] };
const NOTHING = {
  ...{ gaining: NOBODY, losing: NOBODY, deactivated: NOBODY, roles: new Map(), own: undefined },
  held: { deactivating: 0, recent: 0, exceeds: false, lastAdminRoles: [] },
};

/** What a form would do where nothing is mapped yet, and nobody is concerned. */
function previewed(visitor: Visitor, filledIn: FilledIn): Previewed {
  const desk = deskOf(visitor, []);
  const rest = { hash: "h1", preview: NOTHING, sightings: [], takesOwnAdminRole: false };
  return { ...editsOf(desk.fields, filledIn), desk, ...rest };
}

async function scene(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const { guard } = webhook;
  const saves: [FilledIn, Seen][] = [];
  const state = {
    saved: (_: Previewed): Saved => ({ kind: "saved", mappings: [], mark: "m4rk" }),
    /** What happens when some of it is saved already. */
    meanwhile: (): void => {},
    done: [] as string[],
    canSave: true,
  };
  const deps = {
    guard,
    roleMappings: {
      desk: async (visitor: Visitor) => deskOf(visitor, [], state),
      preview: async (visitor: Visitor, filledIn: FilledIn) => previewed(visitor, filledIn),
      save: async (visitor: Visitor, filledIn: FilledIn, seen: Seen, leaves: Leaves): Promise<Saved> => {
        saves.push([filledIn, seen]);
        state.meanwhile();
        const why = await leaves();
        if (why) return { kind: "turned-away", why, done: state.done };
        return state.saved(previewed(visitor, filledIn));
      },
    },
  };
  const ask = await webhook.serve(t, (app) => {
    app.use(express.urlencoded({ extended: false }));
    app.get("/login/:path/mappings", mappings(deps));
    app.post("/login/:path/mappings", previewMappings(deps));
    app.post("/login/:path/mappings/save", saveMappings(deps));
  });
  const admin = webhook.person("kim", "admin");
  const kim = webhook.signedIn(admin);
  const ada = webhook.signedIn(webhook.person("ada", "viewer"));
  const look = (path = "", options: Parameters<typeof ask>[1] = {}) =>
    ask(`/login/acme/mappings${path}`, { cookie: kim, ...options });
  const fields = (body: string) =>
    Array.from(
      body.matchAll(/<textarea [^>]*name="groups:(\w+)"[^>]*>\n([^<]*)</g),
      ([, role, text]) => `${role} ${text}`,
    );
  return { look, fields, saves, state, ada, admin, webhook };
}

const hasScript = (body: string) => /<script type="module" src="\/login\/assets\/copy-[^"]+\.js">/.test(body);

test("an admin sees a field for each role, or for the one that is asked for, and what was saved", async (t) => {
  const { look, fields } = await scene(t);
  const { body } = await look();
  t.deepEqual(fields(body), ["viewer ", "admin "]);
  t.true(hasScript(body));
  t.false(body.includes("Saved."));
  t.deepEqual(fields((await look("?role=admin")).body), ["admin "]);
  for (const query of ["?role=admin&role=viewer", `?role=${"r".repeat(64)}`]) {
    const { status, body } = await look(query);
    t.deepEqual([status, body.includes("The parameter role has to be given once")], [400, true], query);
  }
  t.is((await look(`?role=${"r".repeat(63)}`)).status, 200);
});

test("what was saved is said while it is so, where it can be saved: by no link that somebody has made", async (t) => {
  const { look, state } = await scene(t);
  const mark = savedMark(["acme.viewer", "acme.admin"].map((mapping) => ({ mapping, read: undefined })));
  const isSaid = async (query: string) => (await look(query)).body.includes("Saved.");
  t.true(await isSaid(`?saved=${mark}`));
  for (const query of ["", "?saved=", "?saved=yes", "?saved=m4rk", `?saved=${mark}&saved=${mark}`])
    t.false(await isSaid(query), query);
  state.canSave = false;
  t.false(await isSaid(`?saved=${mark}`));
});

test("nobody else sees, previews or saves anything", async (t) => {
  const { look, ada, saves } = await scene(t);
  for (const [path, options] of [
    ["", {}],
    ["", { form: { "groups:admin": "x" } }],
    ["/save", { form: { "groups:admin": "x" } }],
  ] as const) {
    const refused = await look(path, { ...options, cookie: ada });
    t.deepEqual([refused.status, headline(refused)], [403, "This page is for administrators"]);
  }
  t.deepEqual(saves, []);
});

test("a changed form is previewed, shown anew with what is wrong in it, or taken up again", async (t) => {
  const { look, fields } = await scene(t);
  const preview = await look("", { form: { "groups:admin": "ops", "groups:gone": "x" } });
  t.deepEqual([preview.status, headline(preview)], [200, "What this would change"]);
  t.true(preview.body.includes("+ ops") && hasScript(preview.body));
  const wrong = await look("", { form: { "groups:admin": "id:", "groups:viewer": "all" } });
  t.deepEqual([wrong.status, headline(wrong)], [422, "Role mapping"]);
  t.deepEqual(fields(wrong.body), ["viewer all", "admin id:"]);
  t.true(wrong.body.includes("Nothing was changed: one field") && hasScript(wrong.body));
  const back = await look("", { form: { "groups:admin": "ops", back: "yes" } });
  t.deepEqual([back.status, headline(back)], [200, "Role mapping"]);
  t.deepEqual(fields(back.body), ["viewer ", "admin ops"]);
  t.true(hasScript(back.body));
});

test("what is saved is what stands in the form, as it was seen", async (t) => {
  const { look, saves } = await scene(t);
  const { status, location } = await look("/save", {
    form: { "groups:admin": "ops", "groups:gone": "x", seen: "h1", own: "loses" },
  });
  t.deepEqual([status, location], [303, "/login/acme/mappings?saved=m4rk"]);
  await look("/save", { form: { "groups:viewer": "", own: "keeps" } });
  t.deepEqual(saves, [
    [new Map([["admin", "ops"]]), { hash: "h1", takesOwnAdminRole: true }],
    [new Map([["viewer", ""]]), { hash: "", takesOwnAdminRole: false }],
  ]);
});

test("what isn't saved says why, and what would be now", async (t) => {
  const { look, state } = await scene(t);
  const save = async (saved: typeof state.saved) => {
    state.saved = saved;
    const answer = await look("/save", { form: { "groups:admin": "ops" } });
    return [
      answer.status,
      /<p class="alert" role="alert">(.*?)<\/p>/s.exec(answer.body)?.[1] ?? headline(answer),
      answer,
    ] as const;
  };
  const [changed, why, page] = await save((now) => ({
    kind: "changed",
    previewed: now,
    done: ["m1"],
    at: "m2",
  }));
  t.is(changed, 409);
  t.regex(
    why ?? "",
    /somebody has changed the mappings.* found at <code>m2<\/code>.*Saved before that: <code>m1<\/code>/s,
  );
  t.true(hasScript(page.body));
  const [forbidden, right] = await save((now) => ({ kind: "forbidden", previewed: now, done: [] }));
  t.is(forbidden, 403);
  t.regex(right ?? "", /this service may not write mappings/);
  const [invalid, message] = await save((now) => ({
    kind: "invalid",
    previewed: now,
    done: [],
    message: "Too long.",
  }));
  t.is(invalid, 422);
  t.regex(message ?? "", /doesn't accept this\. Too long\.$/);
  const [failed, where] = await save((now) => ({ kind: "failed", previewed: now, done: ["m1"], at: "m2" }));
  t.is(failed, 503);
  t.regex(
    where ?? "",
    /failed, or gave no answer, at <code>m2<\/code>.*Saved before that: <code>m1<\/code>/s,
  );
  const [off, title, { body }] = await save(() => ({ kind: "off" }));
  t.deepEqual([off, title], [403, "Mappings aren&#39;t saved here"]);
  t.true(
    body.includes('href="/login/acme/mappings"') && body.includes("Acme doesn&#39;t let administrators save"),
  );
});

test("who ceases to be an admin while it is saved is told what was saved until then", async (t) => {
  const { look, state, webhook, admin } = await scene(t);
  const { users } = webhook.replica;
  const save = async (meanwhile: () => void, done: string[]) => {
    users.set(admin.ref, admin);
    Object.assign(state, { meanwhile, done });
    const answer = await look("/save", { form: { "groups:admin": "ops" } });
    return [answer.status, headline(answer), textIn(answer.body)] as const;
  };
  const endsSession = () => users.set(admin.ref, { ...admin, sessionEpoch: 7 });
  const viewer = webhook.person("una", "viewer");
  const losesRole = () => users.set(admin.ref, { ...viewer, ref: admin.ref, uid: admin.uid });
  const [out, signedOut, nothing] = await save(endsSession, []);
  t.deepEqual([out, signedOut], [401, "You are not signed in any more"]);
  t.true(nothing.includes("Nothing was changed. Sign in, and do it again."));
  const [, , some] = await save(endsSession, ["m1", "m3"]);
  t.true(some.includes("Saved before that: m1, m3. Sign in, and do the rest again."));
  const [none, admins] = await save(losesRole, []);
  t.deepEqual([none, admins], [403, "This page is for administrators"]);
  const [status, , part] = await save(losesRole, ["m1"]);
  t.is(status, 403);
  t.true(part.includes("for administrators of Acme. You are none any more. Saved before that: m1."));
  const isStale = () => {
    webhook.replica.stale = true;
  };
  const [unknown, , known] = await save(isStale, ["m1"]);
  t.is(unknown, 503);
  t.true(known.includes("Saved before that: m1. Do the rest in a moment."));
});

test("where nobody can say what is there, it says what was saved before that", async (t) => {
  const { look, state } = await scene(t);
  for (const [done, before] of [
    [["m1", "m3"], "Saved before that: m1, m3."],
    [[], "Nothing was saved before that."],
  ] as const) {
    state.saved = () => ({ kind: "unanswered", done, at: "m2" });
    const answer = await look("/save", { form: { "groups:admin": "ops" } });
    t.deepEqual([answer.status, headline(answer)], [503, "Not everything was saved"]);
    t.true(
      textIn(answer.body).includes(
        `gave no answer, at m2, and doesn't tell what is there now. ${before} Look at the mappings again in a minute`,
      ),
    );
    t.regex(answer.body, /<a [^>]*href="\/login\/acme\/mappings">Back to the mappings<\/a>/);
  }
});
