import test from "ava";
import { mappedGroups } from "../../../operator/sync/mapped-groups.ts";
import { aMapping } from "./a-mapping.ts";

const WEB = { id: "00gWeb", name: "web" };

test("a group that a mapping names is the one that Okta has found for it, with the names that it had", (t) => {
  const byName = aMapping([{ name: "web" }], { found: [WEB], resolved: "True" });
  t.deepEqual(mappedGroups([byName]), {
    found: new Map([["00gWeb", { ...WEB, byID: false }]]),
    gone: new Set(),
    unknown: new Set(),
    notShown: new Set(),
    isOpen: false,
  });

  const byID = aMapping([{ id: "00gWeb" }, { id: "00gNew" }], {
    found: [
      { id: "00gOther", name: "other" },
      { ...WEB, formerNames: ["www", "w3"] },
    ],
    resolved: "True",
  });
  t.deepEqual(
    [...mappedGroups([byID]).found.values()],
    [
      { ...WEB, formerNames: ["www", "w3"], byID: true },
      { id: "00gNew", byID: true },
    ],
    "one that nothing is known of yet is known by its id",
  );
});

test("two groups of one name are both meant by it", (t) => {
  const found = [WEB, { id: "00gWeb2", name: "web" }, { id: "00gPortal", name: "portal" }];
  const { found: meant } = mappedGroups([aMapping([{ name: "web" }], { found, resolved: "True" })]);
  t.deepEqual([...meant.keys()], ["00gWeb", "00gWeb2"]);
});

test("a group that several mappings name has all its former names, and is one by id where one of them says so", (t) => {
  const byID = aMapping([{ id: "00gWeb" }], {
    found: [{ ...WEB, formerNames: ["www"] }],
    resolved: "True",
  });
  const byName = aMapping([{ name: "web" }], {
    found: [{ ...WEB, formerNames: ["w3", "www"] }],
    resolved: "True",
  });
  for (const mappings of [
    [byID, byName],
    [byName, byID],
  ]) {
    const one = mappedGroups(mappings).found.get("00gWeb");
    t.is(one?.byID, true);
    t.deepEqual(one?.formerNames?.toSorted(), ["w3", "www"]);
  }
  t.is(mappedGroups([byName, byName]).found.get("00gWeb")?.byID, false);
});

test("a name is gone where Okta has said so, and only there", (t) => {
  const groups = [{ name: "web" }, { name: "portal" }, { id: "00gGone" }];
  const gone = (...how: Parameters<typeof aMapping>[1][]): string[] =>
    how.flatMap((each) => [...mappedGroups([aMapping(groups, each)]).gone]);
  t.deepEqual(gone({ found: [WEB], resolved: "False" }), ["portal"]);
  t.deepEqual(gone({ found: [{ name: "web" }], resolved: "False" }), ["web", "portal"]);
  t.deepEqual(gone({ resolved: "True" }, { resolved: "Unknown" }, {}), []);
  t.deepEqual([...mappedGroups([aMapping(groups)]).found.keys()], ["00gGone"], "nobody has looked at it yet");
  t.deepEqual(gone({ resolved: "False", observed: 0 }), [], "that was said of what the mapping named before");
});

test("what Okta doesn't show, or has never shown, isn't gone", (t) => {
  const found = [
    { ...WEB, shown: false },
    { name: "never", shown: false },
    { id: "00gByID", shown: false },
  ];
  const groups = [{ name: "web" }, { name: "never" }, { name: "gone" }, { id: "00gByID" }];
  const mapped = mappedGroups([aMapping(groups, { found, resolved: "False" })]);
  t.deepEqual([...mapped.found.keys()], ["00gWeb", "00gByID"]);
  t.deepEqual([...mapped.gone], ["gone"]);
  t.deepEqual([...mapped.unknown], ["never"]);
  t.deepEqual([...mapped.notShown], ["00gWeb", "00gByID"]);
});

test("it is open as long as Okta is still to say which groups a mapping means, be it one of many", (t) => {
  const of = (resolved?: "True" | "False" | "Unknown", more = {}) =>
    aMapping([{ name: "web" }], { resolved, ...more });
  const isOpen = (...mappings: ReturnType<typeof of>[]) => mappedGroups(mappings).isOpen;
  t.false(isOpen());
  t.false(isOpen(of("True"), of("False")));
  t.true(isOpen(of("True"), of("Unknown"), of("True")));
  t.true(isOpen(of(undefined), of("False")));
  t.true(isOpen(of("True", { observed: 0 })));
  t.true(isOpen(of("True", { reason: "Checking" })));
});
