import test from "ava";
import { noAccess } from "../../../identity/index.ts";
import { CacheLag } from "../../../operator/users/cache-lag.ts";
import { ADA } from "../ada.ts";

function scene() {
  const state = { now: 100_000, organizations: 0, mappings: 0, asked: new Set<string | undefined>() };
  const cacheLag = new CacheLag({
    organizations: {
      freshness: (namespace) => {
        state.asked.add(namespace);
        return state.organizations;
      },
    },
    mappings: {
      freshness: (namespace) => {
        state.asked.add(namespace);
        return state.mappings;
      },
    },
    now: () => state.now,
  });
  const isCurrent = (reason: "NoMappedGroup" | "OrganizationNotFound", isOurs = false) =>
    cacheLag.isCurrent(ADA, noAccess(reason, ""), isOurs);
  return { state, cacheLag, isCurrent };
}

test("who has just come by a mapping isn't put out on the word of a cache that may not know it yet", (t) => {
  const { state, cacheLag, isCurrent } = scene();
  state.mappings = 3_000;
  cacheLag.heard(ADA.ref);
  t.false(isCurrent("NoMappedGroup"));
  state.now += 1_000;
  state.mappings = 4_000;
  t.false(isCurrent("NoMappedGroup"));
  state.mappings = 500;
  t.true(isCurrent("NoMappedGroup"), "it has been heard of since");
  t.true(isCurrent("OrganizationNotFound"));
});

test("whoever came long ago is put out at once, unless the cluster hasn't been heard of for long", (t) => {
  const { state, cacheLag, isCurrent } = scene();
  cacheLag.heard(ADA.ref);
  state.now += 3_600_000;
  state.mappings = state.organizations = 3_000;
  t.true(isCurrent("NoMappedGroup"));
  state.organizations = 11_000;
  t.true(isCurrent("NoMappedGroup"), "it isn't the organizations that say so");
  t.false(isCurrent("OrganizationNotFound"));
  state.organizations = Number.POSITIVE_INFINITY;
  t.false(isCurrent("OrganizationNotFound"));
});

test("of whom this operator has written itself, it is enough that the cluster was heard of lately", (t) => {
  const { state, cacheLag, isCurrent } = scene();
  cacheLag.heard(ADA.ref);
  state.mappings = 10_000;
  t.false(isCurrent("NoMappedGroup"));
  t.true(isCurrent("NoMappedGroup", true));
  state.mappings = 10_001;
  t.false(isCurrent("NoMappedGroup", true));
  t.deepEqual([...state.asked], ["access"], "and that of the account's own namespace");
});

test("who was never heard of came long ago; who comes again counts from then, whoever came meanwhile", (t) => {
  const { state, cacheLag, isCurrent } = scene();
  state.mappings = 10_000;
  t.true(isCurrent("NoMappedGroup"));
  cacheLag.heard(ADA.ref);
  state.now += 6_000;
  cacheLag.heard("access/other");
  cacheLag.heard(ADA.ref);
  state.now += 5_000;
  cacheLag.heard("access/third");
  state.mappings = 5_001;
  t.false(isCurrent("NoMappedGroup"));
  state.mappings = 5_000;
  t.true(isCurrent("NoMappedGroup"));
});
