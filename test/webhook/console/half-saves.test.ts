import type { IncomingMessage } from "node:http";
import test from "ava";
import { FaultServer, statusAnswer } from "../../kubernetes/fault-server.ts";
import { roleMappingsOnCluster } from "./role-mappings-on-cluster.ts";
import { savedOf, stays } from "./role-mappings-scene.ts";

const ROLE = "organization-admin";
const NAME = `acme.${ROLE}`;
const FORM = { "portal-admin": "a", [ROLE]: "b" };

test("of what was saved in part, the page shows what is left as it is then, and saves it", async (t) => {
  const faults = await FaultServer.start(t);
  const { roleMappings, visitor, save, audited } = await roleMappingsOnCluster(t, { faults });
  const isSecond = ({ method, url = "" }: IncomingMessage) => method === "PATCH" && url.includes(NAME);
  const saved = ["save-mapping portal-admin"];
  const left = [`save-mapping ${ROLE}`];
  const gone = ["delete-mapping portal-admin", `delete-mapping ${ROLE}`];
  let seen = 0;
  for (const [kind, [status, reason, message], said] of [
    ["forbidden", [403, "Forbidden", 'User "x" cannot patch resource "oktarolemappings"'], saved],
    ["invalid", [403, "Forbidden", "A policy denied the request"], saved],
    ["invalid", [422, "Invalid"], saved],
    ["invalid", [400, "BadRequest"], saved],
    ["changed", [409, "Conflict"], saved],
    // It may have been carried out.
    ["failed", [500, "InternalError"], [...saved, ...left]],
  ] as const) {
    faults.failTimes(1, isSecond, statusAnswer(status, reason, {}, message));
    const half = await save(FORM);
    t.like(half, { kind, done: ["acme.portal-admin"] }, `${status}`);
    if (!("previewed" in half)) continue;
    if ("at" in half) t.is(half.at, NAME);
    const { edits, hash, desk } = half.previewed;
    t.deepEqual(
      edits.map(({ field }) => field.mapping),
      [NAME],
      "what is saved isn't to be made any more",
    );
    t.deepEqual(desk.fields.find(({ mapping }) => mapping === "acme.portal-admin")?.groups, [{ name: "a" }]);
    const again = { hash, takesOwnAdminRole: false };
    const saved = await roleMappings.save(visitor, new Map(Object.entries(FORM)), again, stays);
    t.deepEqual(savedOf(saved), [NAME]);
    await save({ "portal-admin": "", [ROLE]: "" });
    t.deepEqual(audited().slice(seen), [...said, ...left, ...gone], `${status}`);
    seen = audited().length;
  }
  t.is(seen, 6 * 4 + 1);
});
