import test from "ava";
import fc from "fast-check";
import { leases } from "../../../kubernetes/client/builtin-types.ts";
import { compareResourceVersions, isKubernetesObject } from "../../../kubernetes/client/object.ts";
import { collectionPath, objectPath } from "../../../kubernetes/client/resource-type.ts";
import { keyOf, splitKey } from "../../../kubernetes/index.ts";
import { configMaps, namespaces } from "../resource-types.ts";

test("a key names an object with its namespace, or without one", (t) => {
  t.is(keyOf({ metadata: { namespace: "team", name: "x" } }), "team/x");
  t.is(keyOf({ namespace: "team", name: "x" }), "team/x");
  t.is(keyOf({ metadata: { name: "team" } }), "team");
  t.deepEqual(splitKey("team/x"), { namespace: "team", name: "x" });
  t.deepEqual(splitKey("team"), { namespace: "", name: "team" });
  t.deepEqual(splitKey("/x"), { namespace: "", name: "x" });
});

test("resourceVersions compare as integers of any length", (t) => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n }), fc.bigInt({ min: 0n }), (a, b) => {
      const compared = Math.sign(compareResourceVersions(String(a), String(b)));
      t.is(compared, a < b ? -1 : a > b ? 1 : 0);
    }),
  );
  t.true(compareResourceVersions(undefined, "1") < 0);
});

test("paths", (t) => {
  t.is(collectionPath(configMaps), "/api/v1/configmaps");
  t.is(collectionPath(configMaps, "team"), "/api/v1/namespaces/team/configmaps");
  t.is(
    objectPath(leases, { namespace: "team", name: "x" }),
    "/apis/coordination.k8s.io/v1/namespaces/team/leases/x",
  );
  t.is(objectPath(namespaces, { name: "team" }, "status"), "/api/v1/namespaces/team/status");
});

test("a name can't lead to another path", (t) => {
  for (const name of ["", ".", "..", "../secrets", "a/b", "a%2fb"]) {
    t.throws(() => objectPath(configMaps, { namespace: "team", name }), { instanceOf: TypeError }, name);
    t.throws(() => objectPath(configMaps, { namespace: name, name: "x" }), { instanceOf: TypeError }, name);
  }
  t.is(
    objectPath(configMaps, { namespace: "team", name: "a?b" }),
    "/api/v1/namespaces/team/configmaps/a%3Fb",
  );
});

test("an object of the API is one with metadata", (t) => {
  t.true(isKubernetesObject({ metadata: {} }));
  for (const other of [undefined, null, "x", 7, {}, { metadata: null }, { metadata: "x" }])
    t.false(isKubernetesObject(other), JSON.stringify(other));
});

test("no resourceVersion is older than any, and than none it isn't", (t) => {
  t.true(compareResourceVersions("1", undefined) > 0);
  t.is(compareResourceVersions(undefined, undefined), 0);
  t.true(compareResourceVersions("9", "10") < 0);
});
