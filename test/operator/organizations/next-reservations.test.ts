import test from "ava";
import fc from "fast-check";
import type { Organization } from "../../../crds/types.ts";
import {
  nextReservations,
  type ReservationRules,
} from "../../../operator/organizations/next-reservations.ts";
import { LoginPathPrefixes } from "../../../organizations/login-path-prefixes.ts";
import {
  type Reservation,
  type Reservations,
  writeReservation,
} from "../../../organizations/login-path-reservations.ts";
import { organization } from "../../organizations/organization.ts";

const WEEK = 7 * 24 * 3_600_000;
const NOW = Date.parse("2026-11-24T09:00:00Z");
const RULES: ReservationRules = { prefixes: new LoginPathPrefixes(), perNamespace: 3, retentionMs: WEEK };

function next(
  before: Record<string, Reservation> | undefined,
  organizations: Organization[],
  { now = NOW, unread = [], ...rules }: Partial<ReservationRules> & { now?: number; unread?: string[] } = {},
) {
  const reserved = before && new Map(Object.entries(before));
  const { reservations, endsAt } = nextReservations(reserved, organizations, {
    isRead: (namespace) => !unread.includes(namespace),
    rules: { ...RULES, ...rules },
    now,
  });
  return { reservations: Object.fromEntries(reservations), endsAt };
}

const older = organization("squatters/older", "acme", { created: "2020-01-01T00:00:00Z" });
const acme = organization("team-a/acme", "acme", { created: "2025-01-01T00:00:00Z" });

test("what nobody has is the oldest's who asks for it", (t) => {
  t.deepEqual(next({}, [acme, older]).reservations, { acme: { holder: "squatters/older" } });
});

test("whoever holds a path keeps it from an older one that comes to ask for it", (t) => {
  const reserved = { acme: { holder: "team-a/acme" } };
  t.deepEqual(next(reserved, [older, acme]), { reservations: reserved, endsAt: Number.POSITIVE_INFINITY });
});

test("a path is kept while its organization is gone, and is its own again when it is back, however young", (t) => {
  const gone = next({ acme: { holder: "team-a/acme" } }, [older]);
  t.deepEqual(gone, {
    reservations: { acme: { holder: "team-a/acme", unusedSince: NOW } },
    endsAt: NOW + WEEK,
  });
  const again = organization("team-a/acme", "acme", { created: "2026-11-24T10:00:00Z", uid: "another" });
  t.deepEqual(next(gone.reservations, [older, again], { now: NOW + WEEK - 1 }).reservations, {
    acme: { holder: "team-a/acme" },
  });
});

test("what can't be read is never read as gone", (t) => {
  const reserved = { acme: { holder: "team-a/acme" } };
  t.deepEqual(next(reserved, [older], { unread: ["team-a"] }).reservations, reserved);
  const left = { acme: { holder: "team-a/acme", unusedSince: NOW } };
  const now = NOW + 2 * WEEK;
  t.deepEqual(next(left, [older], { unread: ["team-a"], now }), { reservations: left, endsAt: now + 60_000 });
});

test("a path that nobody uses is free after a while, counted from when it was left", (t) => {
  const left = next({ acme: { holder: "team-a/acme" } }, [older]).reservations;
  t.deepEqual(next(left, [older], { now: NOW + WEEK - 1 }).reservations, left);
  t.deepEqual(next(left, [older], { now: NOW + WEEK }).reservations, { acme: { holder: "squatters/older" } });
  t.deepEqual(next(left, [], { now: NOW + WEEK }).reservations, {});
});

test("a path that its organization has left is kept from other namespaces, and passes on within its own", (t) => {
  const moved = organization("team-a/acme", "acme-eu");
  const sibling = organization("team-a/second", "acme");
  const reserved = { acme: { holder: "team-a/acme" } };
  t.deepEqual(next(reserved, [moved, older]).reservations, {
    acme: { holder: "team-a/acme", unusedSince: NOW },
    "acme-eu": { holder: "team-a/acme" },
  });
  t.deepEqual(next(reserved, [moved, older, sibling]).reservations.acme, { holder: "team-a/second" });
  t.deepEqual(
    next(reserved, [older, sibling]).reservations.acme,
    { holder: "team-a/acme", unusedSince: NOW },
    "one that is gone may be about to come back",
  );
});

test("where nothing has ever been reserved, whoever holds a path gets it, limits aside", (t) => {
  const holder = { ...organization("team-a/acme", "acme", { accepted: true }) };
  const many = Array.from({ length: 5 }, (_, i) => organization(`team-b/${i}`, `path-${i}`));
  const { reservations } = next(undefined, [older, holder, ...many]);
  t.deepEqual(reservations.acme, { holder: "team-a/acme" });
  t.is(Object.keys(reservations).length, 6);
});

test("one namespace can't reserve without bound, those included that it has left; others aren't concerned", (t) => {
  const paths = ["a", "b", "c", "d"];
  const one = (path: string) => organization("team-a/one", path);
  let reserved: Record<string, Reservation> = {};
  for (const path of paths) reserved = next(reserved, [one(path)]).reservations;
  t.deepEqual(Object.keys(reserved), ["a", "b", "c"]);
  const other = organization("team-b/x", "d", { created: "2026-11-01T00:00:00Z" });
  t.deepEqual(next(reserved, [one("d"), other]).reservations.d, { holder: "team-b/x" });
  const later = next(reserved, [one("d")], { now: NOW + WEEK }).reservations;
  t.deepEqual(Object.keys(later), ["d"]);
});

test("all reservations together fit into an object of Kubernetes", (t) => {
  const long = (i: number) => String(i).padStart(63, "x");
  const many = Array.from({ length: 5_000 }, (_, i) => organization(`${long(i)}/${long(0)}`, long(i)));
  const { reservations } = next({}, many);
  const lines = Object.entries(reservations).map(([path, { holder = "" }]) => [
    path,
    writeReservation({ holder, unusedSince: NOW }),
  ]);
  const size = JSON.stringify(Object.fromEntries(lines)).length;
  t.true(size > 500_000 && size < 1024 * 1024, `${size}`);
  const text = "?".repeat(900 * 1024);
  t.deepEqual(Object.keys(next({ odd: { holder: undefined, text } }, [acme]).reservations), ["odd"]);
});

test("a namespace that may not use a path loses it to one that may", (t) => {
  const prefixes = new LoginPathPrefixes([["team-a", "acme"]]);
  t.deepEqual(next({ acme: { holder: "squatters/older" } }, [older, acme], { prefixes }).reservations, {
    acme: { holder: "team-a/acme" },
  });
  t.deepEqual(next({ acme: { holder: "squatters/older" } }, [older], { prefixes }).reservations, {});
});

test("an entry that can't be understood stays, and is nobody's", (t) => {
  const unreadable = { acme: { holder: undefined, text: "who knows" } };
  t.deepEqual(next(unreadable, [older, acme]).reservations, unreadable);
});

test("whatever others do, a holder that asks for its path keeps it, and deciding again changes nothing", (t) => {
  const key = fc
    .tuple(fc.constantFrom("a", "b", "c"), fc.constantFrom("x", "y", "z"))
    .map((parts) => parts.join("/"));
  const path = fc.constantFrom("p", "q", "r");
  const one = fc
    .tuple(key, path, fc.integer({ min: 0, max: 9 }))
    .map(([key, path, second]) => organization(key, path, { created: `2026-01-01T00:00:0${second}Z` }));
  const all = fc.uniqueArray(one, { selector: ({ metadata }) => `${metadata.namespace}/${metadata.name}` });
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.array(all, { minLength: 1, maxLength: 6 }), (steps) => {
        let reserved: Reservations = new Map();
        for (const organizations of steps) {
          const { reservations } = nextReservations(reserved, organizations, {
            isRead: () => true,
            rules: RULES,
            now: NOW,
          });
          for (const { metadata, spec } of organizations) {
            const own = `${metadata.namespace}/${metadata.name}`;
            if (
              reserved.get(spec.loginPath)?.holder === own &&
              reservations.get(spec.loginPath)?.holder !== own
            )
              return false;
          }
          const again = nextReservations(reservations, organizations, {
            isRead: () => true,
            rules: RULES,
            now: NOW,
          });
          if (JSON.stringify([...again.reservations]) !== JSON.stringify([...reservations])) return false;
          reserved = reservations;
        }
        return true;
      }),
    ),
  );
});
