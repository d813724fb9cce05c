import test from "ava";
import { exactly } from "../../../exactly.ts";
import { smallApi } from "./small-api.ts";

/** Of whom, and which roles they hold. */
interface Explained {
  user?: { id: string };
  roles: { name: string; holds: boolean }[];
}

const short = (content: { explanations: Explained[] }) =>
  content.explanations.map(({ user, roles }) => [
    user?.id,
    roles
      .filter(({ holds }) => holds)
      .map(({ name }) => name)
      .join(),
    roles
      .filter(({ holds }) => !holds)
      .map(({ name }) => name)
      .join(),
  ]);

test("an account is explained by its id or its address, to whoever may read it", async (t) => {
  const { api } = await smallApi(t);
  const ada = [["ada", "viewer", "admin"]];
  for (const [who, query] of [
    ["both", "user=ada"],
    ["getter", "user=ada"],
    ["lister", "email=ADA@acme.example"],
    ["kim", "email=ada@acme.example"],
    ["kim", "user=ada"],
    ["ada", "user=ada"],
    ["ada", "email=Ada@Acme.example"],
    ["ada", ""],
  ] as const) {
    const { status, content } = await api(who, `acme/explain?${query}`);
    t.is(status, 200, `${who} ${query}`);
    t.deepEqual(short(content), ada, `${who} ${query}`);
    t.is(content.organization, "acme/acme");
  }
  t.deepEqual(short((await api("kim", "acme/explain")).content), [["kim", "admin", "viewer"]]);
  t.deepEqual(short((await api("both", "acme/explain?user=ada&role=admin")).content), [["ada", "", "admin"]]);
});

test("nobody else is told anything, and not whether there is somebody", async (t) => {
  const { api } = await smallApi(t);
  for (const [who, query, code] of [
    ["lister", "user=ada", "right-missing"],
    ["lister", "user=nobody", "right-missing"],
    ["getter", "email=ada@acme.example", "right-missing"],
    ["ada", "user=kim", "not-an-administrator"],
    ["ada", "user=nobody", "not-an-administrator"],
    ["ada", "email=kim@acme.example", "not-an-administrator"],
  ] as const) {
    const { status, content } = await api(who, `acme/explain?${query}`);
    t.deepEqual([status, content.code], [403, code], `${who} ${query}`);
  }
});

test("who has no address isn't who is asked about by one", async (t) => {
  const { api, webhook } = await smallApi(t);
  webhook.person("ada", "viewer", { email: undefined } as never);
  t.is((await api("ada", "acme/explain?email=ada@acme.example")).status, 403);
  t.is((await api("ada", "acme/explain")).status, 200);
});

test("it has to be said of whom, in one way, and an id has to be there", async (t) => {
  const { api } = await smallApi(t);
  const wrong = async (who: string, query: string) => {
    const { status, content } = await api(who, `acme/explain?${query}`);
    return [status, content.parameter ?? content.code];
  };
  t.deepEqual(await wrong("both", ""), [400, "email"]);
  t.deepEqual(await wrong("both", "email=a@b&user=ada"), [400, "user"]);
  t.deepEqual(await wrong("both", "roles=x"), [400, "roles"]);
  t.deepEqual(await wrong("both", "user=nobody"), [404, "user-not-found"]);
  t.deepEqual(await wrong("both", "user=not%20an%20id"), [404, "user-not-found"]);
  t.is((await api("both", "gone/explain?user=ada")).content.code, "organization-not-found");
});

test("of an address without an account it is told what they would need", async (t) => {
  const { api } = await smallApi(t);
  const { content } = await api("both", "acme/explain?email=nobody@acme.example&role=viewer");
  t.deepEqual(short(content), [[undefined, "", "viewer"]]);
  const [{ account, user, received, roles }] = content.explanations;
  t.deepEqual([account, user, received], ["None", undefined, undefined]);
  t.like(roles[0].reasons, exactly({ code: "NoAccount" }, { code: "NotInGroups", mapping: "viewers" }));
});

test("who is no administrator reads of no mapping that would do, and of no other account of their address", async (t) => {
  const { api, webhook } = await smallApi(t);
  webhook.person("mia", "admin", { source: "Local", email: "ada@acme.example" });
  const all = await api("both", "acme/explain?email=ada@acme.example&role=admin");
  t.deepEqual(
    short(all.content)
      .map(([id]) => id)
      .sort(),
    ["ada", "mia"],
  );
  const ada = all.content.explanations.find(({ user }: Explained) => user?.id === "ada");
  t.like(ada.roles[0].reasons[0], { code: "NotInGroups", mapping: "admins" });
  const own = await api("ada", "acme/explain?email=ada@acme.example&role=admin");
  t.deepEqual(short(own.content), [["ada", "", "admin"]]);
  t.is(own.content.explanations[0].roles[0].reasons[0].mapping, undefined);
  t.regex(
    own.content.explanations[0].roles[0].summary,
    /^You don't hold Admin\. .* an administrator of Acme/,
  );
});

test("an answer has what is known of the person, and no empty fields", async (t) => {
  const { api, webhook } = await smallApi(t);
  const [explanation] = (await api("both", "acme/explain?user=ada&role=viewer")).content.explanations;
  t.deepEqual(explanation.user, { id: "ada", email: "ada@acme.example", name: "Ada" });
  t.is(explanation.account, "Active");
  t.deepEqual(explanation.received, { from: "Claim", groups: ["view"], total: 1 });
  t.like(explanation.roles, exactly({ name: "viewer", displayName: "Viewer", admin: false, holds: true }));
  t.like(explanation.roles[0].reasons, exactly({ code: "MappedGroup", mapping: "viewers", group: "view" }));
  const { email: _, name: __, ...nameless } = webhook.person("noor", "viewer");
  webhook.person("noor", "viewer", { ...nameless, email: undefined } as never);
  const noor = (await api("both", "acme/explain?user=noor")).content.explanations[0];
  t.deepEqual(noor.user, { id: "noor" });
});
