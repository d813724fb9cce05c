import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import type { Directory } from "../../../okta/directory/directory.ts";
import { DirectoryOutages } from "../../../operator/mappings/directory-outages.ts";
import { organization } from "../../organizations/organization.ts";

const acme = organization("team/acme", "acme");
const edited: Organization = { ...acme, metadata: { ...acme.metadata, generation: 2 } };
const [one, other] = [{ url: "one" }, { url: "other" }] as unknown as [Directory, Directory];
const dead = new Error("dead");

function scene() {
  const clock = { now: 1_000 };
  return { clock, outages: new DirectoryOutages(() => clock.now) };
}

test("a directory that failed isn't read for a while: so long as it and the organization are the same", (t) => {
  const { clock, outages } = scene();
  t.is(outages.of(acme, one), undefined);
  const againMs = outages.failed(acme, one, dead);
  t.true(againMs >= 5_000 && againMs <= 10_000, `${againMs}`);
  clock.now += 1_000;
  t.deepEqual(outages.of(acme, one), { error: dead, againMs: againMs - 1_000 });
  t.is(outages.of(acme, other), undefined);
  t.is(outages.of(edited, one), undefined);
  t.is(outages.of(organization("other/acme", "acme"), one), undefined);
  clock.now += againMs - 1_001;
  t.is(outages.of(acme, one)?.againMs, 1);
  clock.now += 1;
  t.is(outages.of(acme, one), undefined);
});

test("failures in a row make it longer; those that were under way together are one, and another directory's begin anew", (t) => {
  const { clock, outages } = scene();
  const first = outages.failed(acme, one, dead);
  clock.now += 100;
  t.is(outages.failed(acme, one, dead), first - 100);
  t.true(outages.failed(acme, other, dead) <= 10_000);
  clock.now += 10_000;
  const second = outages.failed(acme, other, dead);
  t.true(second >= 10_000 && second <= 20_000, `${second}`);
  clock.now += second;
  t.true(outages.failed(acme, one, dead) <= 10_000);
  for (let i = 0; i < 9; i++) clock.now += outages.failed(acme, one, dead);
  const longest = outages.failed(acme, one, dead);
  t.true(longest >= 150_000 && longest <= 300_000, `${longest}`);
  outages.over("team/acme");
  t.is(outages.of(acme, one), undefined);
  t.true(outages.failed(acme, one, dead) <= 10_000);
});
