import { oktaRoleMappings, organizationUsers } from "../../crds/resources.ts";
import type { OrganizationUser } from "../../crds/types.ts";
import type { Program } from "../../dev/quickstart/program.ts";
import type { Bench } from "../bench.ts";
import { type Measure, type Outcome, times, written } from "../measure.ts";
import { ObjectWatch } from "../object-watch.ts";
import { untilQuiet } from "../quiet.ts";
import { median, pairedRatio } from "../statistics.ts";
import type { Tenant } from "../tenant.ts";
import { cpuSeconds } from "../usage.ts";
import { MAPPINGS } from "./cold-start.ts";
import { USERS } from "./scale.ts";

const TOUCHED = 10;
const MAPPING = "change";
const CHANGES = 25;
const REPETITIONS = 4;
/** What ten times the users may cost more, so that nobody would say that the cost grows with them. */
const SAME = 1.25;

export const mappingChange: Measure = {
  name: "change",
  title: "Cost of one mapping change",
  method:
    "A mapping that ten people hold a role through is given another role, again and again, in a namespace with 2,000 " +
    "accounts and in one with 20,000, both with 10,000 mappings. Taken is the CPU time of the operator and of the " +
    "webhook per change, and the time from the change until a watch has shown the last of the ten accounts with the " +
    "new role. The two namespaces take turns, 25 changes each time.",
  run: measure,
};

interface Side {
  readonly tenant: Tenant;
  readonly programs: readonly Program[];
  readonly watch: ObjectWatch<OrganizationUser>;
}

interface Cost {
  /** Per change, operator and webhook together. */
  readonly cpuMs: number;
  readonly elapsedMs: number;
}

async function measure(bench: Bench): Promise<Outcome> {
  const few = await side(bench, "cold-2", USERS / 10);
  const many = await side(bench, "cold-1", USERS);
  try {
    await untilQuiet(bench.controlPlane);
    for (const one of [few, many]) await changes(bench, one, 5);
    const costs = { few: [] as Cost[], many: [] as Cost[] };
    for (let i = 0; i < (bench.quick ? 1 : REPETITIONS); i++) {
      costs.few.push(await changes(bench, few, CHANGES));
      costs.many.push(await changes(bench, many, CHANGES));
    }
    return outcome(
      costs,
      [few, many].map(({ tenant }) => tenant.users),
    );
  } finally {
    for (const { watch, programs } of [few, many]) {
      await watch.stop();
      await bench.end(...programs);
    }
  }
}

async function side(bench: Bench, name: string, users: number): Promise<Side> {
  const tenant = await bench.tenant(name);
  await tenant.ensureMappings(bench.scaled(MAPPINGS));
  await tenant.ensureUsers(bench.scaled(users));
  await tenant.createMapping(MAPPING, "change-team", "role-1");
  await tenant.createUsersIn("change-team", MAPPING, "role-1", TOUCHED);
  const programs = [await bench.operator(tenant), await bench.webhook(tenant)];
  const watch = await ObjectWatch.start(bench.admin, organizationUsers, tenant.namespace);
  return { tenant, programs, watch };
}

async function changes(bench: Bench, { tenant, programs, watch }: Side, count: number): Promise<Cost> {
  const { namespace } = tenant;
  const used = async (): Promise<number> => {
    const each = await Promise.all(programs.map(({ process: { pid = 0 } }) => cpuSeconds(pid)));
    return each.reduce((sum, seconds) => sum + seconds, 0);
  };
  const before = await used();
  const elapsed: number[] = [];
  for (let i = 0; i < count; i++) {
    const role = `role-${2 + (tenant.nextChange() % 8)}`;
    const holds = ({ status }: OrganizationUser): boolean =>
      status?.roles?.some(({ name, mapping }) => mapping === MAPPING && name === role) === true;
    const done = watch.untilAll(TOUCHED, holds, 60_000);
    const start = performance.now();
    await bench.admin.mergePatch(oktaRoleMappings, { namespace, name: MAPPING }, { spec: { roles: [role] } });
    elapsed.push((await done) - start);
  }
  return { cpuMs: (((await used()) - before) * 1000) / count, elapsedMs: median(elapsed) };
}

function outcome({ few, many }: Record<"few" | "many", readonly Cost[]>, users: readonly number[]): Outcome {
  const of = (costs: readonly Cost[], what: keyof Cost): number[] => costs.map((cost) => cost[what]);
  const ratio = pairedRatio(of(many, "cpuMs"), of(few, "cpuMs"));
  const [fewUsers = 0, manyUsers = 0] = users.map((count) => count.toLocaleString("en-US"));
  const elapsed = (costs: readonly Cost[]): string => `${written(median(of(costs, "elapsedMs")))} ms`;
  return {
    rows: [
      {
        what: `A mapping change that touches ${TOUCHED} users, of ${manyUsers}`,
        measured: `${written(median(of(many, "cpuMs")))} ms CPU`,
        neighbour: `${written(median(of(few, "cpuMs")))} ms CPU: of ${fewUsers} users`,
        ratio: times(ratio),
        budget: `by users touched: <= ${SAME}x`,
        met: ratio <= SAME,
      },
    ],
    notes: [
      `From the change to the last of the ten accounts: ${elapsed(many)} of ${manyUsers} users, ` +
        `${elapsed(few)} of ${fewUsers}.`,
    ],
  };
}
