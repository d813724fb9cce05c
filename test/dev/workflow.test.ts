import { access, readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { z } from "zod";

const root = new URL("../../", import.meta.url);

const Step = z.object({ uses: z.string().optional(), run: z.string().optional() });
const Workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      needs: z.union([z.string(), z.array(z.string())]).optional(),
      permissions: z.record(z.string(), z.string()).optional(),
      "timeout-minutes": z.number(),
      steps: z.array(Step),
    }),
  ),
});

const read = (path: string) => readFile(new URL(path, root), "utf8");
const workflow = Workflow.parse(parse(await read(".github/workflows/ci.yaml"), { strict: true }));
const jobs = Object.entries(workflow.jobs);
const steps = jobs.flatMap(([, job]) => job.steps);

test("whoever isn't releasing can't write anything", (t) => {
  t.deepEqual(workflow.permissions, { contents: "read" });
  const writing = jobs.filter(([, { permissions = {} }]) => Object.values(permissions).includes("write"));
  t.deepEqual(
    writing.map(([name]) => name),
    ["release"],
  );
});

test("a job waits for jobs that there are, and actions are named by a commit, which nobody can move", (t) => {
  for (const [, { needs = [] }] of jobs)
    for (const name of [needs].flat()) t.true(name in workflow.jobs, name);
  for (const { uses } of steps) if (uses !== undefined) t.regex(uses, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});

test("the scripts and files that the workflow runs are there", async (t) => {
  const { scripts } = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(await read("package.json")));
  const commands = steps.map(({ run }) => run ?? "").join("\n");
  for (const [, name = ""] of commands.matchAll(/npm run (\S+)/g)) t.true(name in scripts, name);
  for (const [path] of commands.matchAll(/(?:\.ci|charts)\/[\w/.-]+/g))
    await t.notThrowsAsync(access(new URL(path, root)), path);
});

test("the published chart gets the image's name: the line that is replaced is in its values", async (t) => {
  t.regex(await read("charts/okta-role-operator/values.yaml"), /^ {2}repository: okta-role-operator$/m);
});
