import test from "ava";
import type { Change, ConfigMap } from "../../kubernetes/index.ts";
import { LoginPathPrefixes } from "../../organizations/login-path-prefixes.ts";
import { LoginPathHolders, writeReservation } from "../../organizations/login-path-reservations.ts";
import { organization } from "./organization.ts";

function configMap(data: Record<string, string> | undefined): ConfigMap {
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { namespace: "access", name: "paths" },
    ...(data && { data }),
  };
}

const holders = (
  data: Record<string, string> | undefined,
  prefixes = new LoginPathPrefixes(),
  exists = true,
) =>
  new LoginPathHolders({
    cache: {
      get: (key) => (exists && key === "access/paths" ? configMap(data) : undefined),
      subscribe: () => () => {},
    },
    key: "access/paths",
    prefixes,
  });

test("a reservation is a line that people can read and write", (t) => {
  const unusedSince = Date.parse("2026-11-24T09:00:00Z");
  for (const reservation of [{ holder: "team-a/acme" }, { holder: "team-a/acme", unusedSince }])
    t.deepEqual(holders({ acme: writeReservation(reservation) }).reservations?.get("acme"), reservation);
  t.is(writeReservation({ holder: "a/b", unusedSince }), "a/b unused since 2026-11-24T09:00:00Z");
  t.deepEqual(holders({ acme: " team-a/acme\n" }).reservations?.get("acme"), { holder: "team-a/acme" });
  t.is(holders(undefined).reservations?.size, 0);
});

test("a line that can't be understood keeps its path for nobody", (t) => {
  for (const text of [
    "",
    "acme",
    "a/b/c",
    "a/b unused since yesterday",
    "a/b 2026-11-24T09:00:00Z",
    '{"holder":"a/b"}',
  ]) {
    const reservation = { holder: undefined, text } as const;
    t.deepEqual(holders({ acme: text }).reservations?.get("acme"), reservation);
    t.is(writeReservation(reservation), text, "and stays as it is");
  }
  const older = organization("a/b", "acme");
  t.is(holders({ acme: "a/b/c" }).of("acme", [older]), undefined);
});

test("whoever a path is reserved for is served at it, however old the others are, and nobody else", (t) => {
  const older = organization("a/older", "acme", { created: "2020-01-01T00:00:00Z", accepted: true });
  const holder = organization("b/holder", "acme");
  t.is(holders({ acme: "b/holder" }).of("acme", [older, holder]), holder);
  t.is(holders({ acme: "b/holder unused since 2026-11-24T09:00:00Z" }).of("acme", [older, holder]), holder);
  t.is(holders({ acme: "b/holder" }).of("acme", [older]), undefined, "the holder is away");
  t.is(holders({}).of("acme", [older]), undefined, "nothing is reserved yet");
});

test("where nothing has ever been reserved, as right after an upgrade, whoever held a path is served", (t) => {
  const older = organization("a/older", "acme", { created: "2020-01-01T00:00:00Z" });
  const holder = organization("b/holder", "acme", { accepted: true });
  t.is(holders({}, undefined, false).of("acme", [older, holder]), holder);
});

test("whoever deletes the object frees nothing where it was known", (t) => {
  const older = organization("a/older", "acme", { created: "2020-01-01T00:00:00Z" });
  const holder = organization("b/holder", "acme");
  let object: ConfigMap | undefined = configMap({ acme: "b/holder" });
  const prefixes = new LoginPathPrefixes();
  let tell = (_: Change<ConfigMap>): void => {};
  const cache = {
    get: () => object,
    subscribe: (listener: typeof tell) => {
      tell = listener;
      return () => {};
    },
  };
  const kept = new LoginPathHolders({ cache, key: "access/paths", prefixes });
  t.is(kept.of("acme", [older, holder]), holder);
  object = undefined;
  t.is(kept.of("acme", [older, holder]), holder);
  object = configMap({ acme: "a/older" });
  t.is(kept.of("acme", [older, holder]), older);

  // One that nobody has asked: it stands by.
  object = undefined;
  const standby = new LoginPathHolders({ cache, key: "access/paths", prefixes });
  object = configMap({ acme: "b/holder" });
  for (const key of ["access/paths", "access/others"])
    tell({ kind: "added", key, object: key === "access/paths" ? object : configMap({ acme: "a/older" }) });
  tell({ kind: "deleted", key: "access/paths", object });
  object = undefined;
  t.is(standby.of("acme", [older, holder]), holder);
  object = configMap({ acme: "b/holder" });
  const late = new LoginPathHolders({ cache, key: "access/paths", prefixes });
  object = undefined;
  t.is(late.of("acme", [older, holder]), holder, "it was there when it began");
});

test("a path may be of an organization that isn't known where it is reserved for its namespace", (t) => {
  const reserved = holders({ acme: "b/holder", beta: "what?" });
  t.true(reserved.mayBelongTo("b", "acme"));
  t.true(reserved.mayBelongTo("", "acme"), "somewhere");
  t.false(reserved.mayBelongTo("a", "acme"));
  t.false(reserved.mayBelongTo("b", "beta"));
  t.false(reserved.mayBelongTo("b", "free"));
  t.true(holders({}, undefined, false).mayBelongTo("a", "acme"), "nothing has been reserved");
});

test("a namespace that may not use a path isn't served at it, whatever is reserved", (t) => {
  const prefixes = new LoginPathPrefixes([["team-a", "a-"]]);
  const other = organization("team-b/x", "a-x");
  t.is(holders({ "a-x": "team-b/x" }, prefixes).of("a-x", [other]), undefined);
  const own = organization("team-a/x", "a-x");
  t.is(holders({ "a-x": "team-a/x" }, prefixes).of("a-x", [other, own]), own);
  t.is(holders({}, prefixes, false).of("a-x", [other]), undefined);
});
