import test from "ava";
import { cookieStyle } from "../../../webhook/sessions/cookies.ts";
import { KeyRing } from "../../../webhook/sessions/key-ring.ts";
import { seal } from "../../../webhook/sessions/sealed.ts";
import { newKey } from "../../../webhook/sessions/stored-keys.ts";
import { BrowserCookie } from "../../../webhook/sign-in/browser-cookie.ts";
import { type Done, DoneCookie } from "../../../webhook/sign-in/done-cookie.ts";
import { stateDigest } from "../../../webhook/sign-in/login-states.ts";
import { RememberedOrganization } from "../../../webhook/sign-in/remembered-organization.ts";
import { WayCookie } from "../../../webhook/sign-in/way-cookie.ts";

const SECURE = cookieStyle("https://login.example.com");
const PLAIN = cookieStyle("http://localhost:8080");

/** What the browser sends of a Set-Cookie header. */
function sent(header: string): string {
  return header.split(";", 1)[0] ?? "";
}

test("a browser is named by what nobody guesses; what we can't have written names none", (t) => {
  const cookie = new BrowserCookie(SECURE);
  const { browser, setCookie } = cookie.make();
  t.regex(browser, /^[\w-]{22}$/);
  t.not(cookie.make().browser, browser);
  t.is(
    setCookie,
    `__Host-okta-role-browser=${browser}; Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax; Secure`,
  );
  t.is(cookie.read(sent(setCookie)), browser);
  t.is(new BrowserCookie(PLAIN).read(sent(setCookie)), undefined);
  for (const value of [
    "",
    browser.slice(1),
    `${browser}A`,
    `.${browser}`,
    `${browser}.`,
    `${browser.slice(1)}.`,
  ])
    t.is(cookie.read(`__Host-okta-role-browser=${value}`), undefined, value);
  t.is(cookie.read(undefined), undefined);
});

test("where a browser last went is kept as long as browsers keep anything, and sent once", (t) => {
  const cookie = new RememberedOrganization(SECURE);
  const [header = "", ...more] = cookie.keep(undefined, "acme");
  t.deepEqual(more, []);
  t.is(
    header,
    "__Host-okta-role-organization=acme; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax; Secure",
  );
  t.is(cookie.read(sent(header)), "acme");
  t.deepEqual(cookie.keep(sent(header), "acme"), []);
  t.is(cookie.keep(sent(header), "beta").length, 1);
});

const way = new WayCookie(SECURE);
const STATE = "a-state";

function keep(
  path: string,
  { header, room = 10_000 }: { header?: string; room?: number } = {},
): string | undefined {
  return way.keep(header, { loginPath: "acme", state: STATE, path, room });
}

test("a long address is kept for its sign-in alone, ten minutes and for the callback, as it stands or packed", (t) => {
  const long = `/reports?${"field=value&".repeat(100)}`;
  const short = "/x";
  const odd = '/x?a="b,c;d\\e"';
  for (const path of [long, short, odd]) {
    const header = keep(path) ?? "";
    t.regex(
      header,
      /^__Secure-okta-role-way=.*; Path=\/callback\/acme; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
    );
    t.is(way.read(sent(header), STATE), path);
    t.is(way.read(sent(header), "another"), undefined);
    t.deepEqual(way.forget(sent(header), "another", "acme"), [], "that of another tab stays");
    const [forgotten = ""] = way.forget(sent(header), STATE, "acme");
    t.regex(forgotten, /^__Secure-okta-role-way=; Path=\/callback\/acme; Max-Age=0; .*Secure$/);
  }
  t.true((keep(long) ?? "").length < 300, "packed");
  t.true((keep(short) ?? "").includes(`${stateDigest(STATE)}.p/x;`));
  for (const character of ['"', ",", ";", "\\"]) t.regex(keep(`/${character}`) ?? "", /=[\w-]{12}\.d/);
  t.deepEqual(way.forget(undefined, STATE, "acme"), []);
});

test("what anybody may have written there leads nowhere, and no bomb is unpacked", (t) => {
  const read = (value: string) => way.read(`__Secure-okta-role-way=${stateDigest(STATE)}${value}`, STATE);
  for (const value of ["", "x", ".", ".x/abc", ".d", ".dAAAA", "p/abc"]) t.is(read(value), undefined, value);
  t.is(read(".p/abc"), "/abc");
  const packed = (sent(keep('/"') ?? "").split(".d")[1] ?? "").trim();
  t.is(read(`.d${packed}`), '/"');
  t.is(read(`.x${packed}`), undefined);
  const fits = `/${"a".repeat(2_047)}`;
  t.is(way.read(sent(keep(fits) ?? ""), STATE), fits);
  t.is(way.read(sent(keep(`${fits}a`) ?? ""), STATE), undefined);
  t.is(way.read(undefined, STATE), undefined);
});

test("an address is kept where there is room for it: in the answer, and beside our other cookies in the requests", (t) => {
  const header = keep("/x") ?? "";
  const room = `Set-Cookie: ${header}\r\n`.length;
  t.is(keep("/x", { room }), header);
  t.is(keep("/x", { room: room - 1 }), undefined);
  const own = sent(header).length - 1; // without the equals sign
  for (const name of ["__Host-okta-role-a=", "__Secure-okta-role-a=", "okta-role-a="]) {
    const others = `${name}${"x".repeat(3_800 - own - name.length)}`;
    t.is(keep("/x", { header: others }), header, name);
    t.is(keep("/x", { header: `${others}x` }), undefined, name);
    t.is(keep("/x", { header: `a=b; ${others}` }), undefined, "one space more");
  }
  t.is(keep("/x", { header: `theirs=${"x".repeat(5_000)}; my-okta-role-a=${"x".repeat(5_000)}` }), header);
});

const ring = new KeyRing([newKey(1)], 0);
const keys = { current: () => ring.current(2), find: (id: string) => ring.find(id) };
const done = new DoneCookie(keys, SECURE);
const ADMITTED: Done = { kind: "admitted" };
const REFUSED = {
  kind: "refused",
  who: "ada@acme.example",
  reason: "NoMappedGroup",
  why: ["One.", "Two."],
  groups: ["a", "b"],
  received: 2,
} as const satisfies Done;

function add(header: string | undefined, state: string, what: Done, room?: number): string {
  return done.add(header, { browser: "me", state, loginPath: "acme", done: what }, room);
}

test("what has come of a sign-in is told again to the browser that has made it, and of no other sign-in", (t) => {
  const header = add(undefined, "one", ADMITTED);
  t.regex(
    header,
    /^__Secure-okta-role-done=.*; Path=\/callback\/acme; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/,
  );
  t.deepEqual(done.read(sent(header), "me", "one"), ADMITTED);
  t.is(done.read(sent(header), "me", "two"), undefined);
  t.is(done.read(sent(header), "you", "one"), undefined);
  t.is(done.read(undefined, "me", "one"), undefined);
  const both = add(sent(header), "two", REFUSED);
  t.deepEqual(done.read(sent(both), "me", "two"), { ...REFUSED, state: stateDigest("two") } as Done);
  t.deepEqual(done.read(sent(both), "me", "one"), ADMITTED);
  const third = add(sent(both), "three", ADMITTED);
  t.like(done.read(sent(third), "me", "two"), { kind: "refused" });
});

test("the last eight sign-ins are remembered, and the last refusal", (t) => {
  let header = "";
  for (let i = 0; i < 10; i++) header = sent(add(header, `${i}`, ADMITTED));
  const known = Array.from({ length: 10 }, (_, i) => done.read(header, "me", `${i}`)?.kind);
  t.deepEqual(known, [undefined, undefined, ...Array.from({ length: 8 }, () => "admitted" as const)]);
  header = sent(add(sent(add(header, "a", REFUSED)), "b", { ...REFUSED, who: "eve" }));
  t.is(done.read(header, "me", "a"), undefined);
  t.like(done.read(header, "me", "b"), { who: "eve" });
});

test("what another key, another version or anybody has written is as good as nothing", (t) => {
  const sealed = (content: unknown) =>
    `__Secure-okta-role-done=${seal(JSON.stringify(content), keys.current(), "login-done me")}`;
  const digest = stateDigest("one");
  t.deepEqual(done.read(sealed({ in: [digest] }), "me", "one"), ADMITTED);
  for (const content of [
    {},
    { in: digest },
    { in: [digest], out: {} },
    { in: [1] },
    [],
    null,
    { out: REFUSED },
  ])
    t.is(done.read(sealed(content), "me", "one"), undefined, JSON.stringify(content));
  for (const field of ["state", "who", "reason", "why", "groups", "received"]) {
    const { kind: _, ...out } = { ...REFUSED, state: digest, [field]: { odd: true } };
    t.is(done.read(sealed({ in: [digest], out }), "me", "one"), undefined, field);
  }
  for (const value of ["", ".", "x", "x.y", `${keys.current().id}.`])
    t.is(done.read(`__Secure-okta-role-done=${value}`, "me", "one"), undefined, value);
  const other = new KeyRing([newKey(1)], 0);
  const theirs = new DoneCookie({ current: () => other.current(2), find: (id) => other.find(id) }, SECURE);
  t.is(theirs.read(sent(add(undefined, "one", ADMITTED)), "me", "one"), undefined);
  t.like(done.read(sent(add("__Secure-okta-role-done=x", "one", ADMITTED)), "me", "one"), ADMITTED);
});

test("of a refusal is kept what is shown: names and sentences cut, and as many whole groups as there is room for", (t) => {
  const groups = Array.from({ length: 400 }, (_, i) => `group-${String(i).padStart(3, "0")}`);
  const long = {
    ...REFUSED,
    who: "w".repeat(200),
    why: ["s".repeat(400), "b", "c"],
    groups,
    received: 400,
  };
  const kept = (room?: number) => {
    const header = add(undefined, "one", long, room);
    const read = done.read(sent(header), "me", "one");
    if (read?.kind !== "refused") throw new Error("It wasn't kept.");
    return { header, read };
  };
  const { read, header } = kept();
  t.is(read.who, "w".repeat(120));
  t.deepEqual(read.why, ["s".repeat(300), "b"]);
  t.is(read.received, 400);
  t.is(read.groups.length, Math.floor(800 / '"group-000",'.length));
  t.deepEqual(read.groups, groups.slice(0, read.groups.length));

  const room = `Set-Cookie: ${header}\r\n`.length;
  t.is(kept(room).read.groups.length, read.groups.length);
  const counts = [room - 1, 1_500, 1_200, 1_000, 0].map((most) => {
    const { header: fitting, read: less } = kept(most);
    if (less.groups.length > 0) t.true(`Set-Cookie: ${fitting}\r\n`.length <= most);
    return less.groups.length;
  });
  t.deepEqual(
    counts,
    counts.toSorted((a, b) => b - a),
  );
  t.is(counts[0], Math.floor(400 / '"group-000",'.length));
  t.is(counts.at(-1), 0);
  const exactly = { ...long, groups: ["x".repeat(800 - '"",'.length)] };
  const one = done.read(sent(add(undefined, "one", exactly)), "me", "one");
  t.is(one?.kind === "refused" && one.groups.length, 1);
  const tooLong = done.read(
    sent(add(undefined, "one", { ...long, groups: [`x${exactly.groups[0]}`, "y"] })),
    "me",
    "one",
  );
  t.is(tooLong?.kind === "refused" && tooLong.groups.length, 0, "none after it either: they are in an order");
});
