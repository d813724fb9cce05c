import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import { followFiles } from "../../../kubernetes/index.ts";
import { logLines } from "../../log-lines.ts";
import { waitFor } from "../../wait-for.ts";

/** A mounted Secret as the kubelet makes it: its files are links into a folder that is replaced as a whole. */
async function mounted(t: ExecutionContext, first: Record<string, string>) {
  const folder = await mkdtemp(join(tmpdir(), "mounted-"));
  t.teardown(() => rm(folder, { recursive: true }));
  let version = 0;
  const bring = async (content: Record<string, string>) => {
    const data = `..${++version}`;
    await mkdir(join(folder, data));
    for (const [name, text] of Object.entries(content)) await writeFile(join(folder, data, name), text);
    await symlink(data, join(folder, "..data.new"));
    await rename(join(folder, "..data.new"), join(folder, "..data"));
  };
  await bring(first);
  for (const name of Object.keys(first)) await symlink(join("..data", name), join(folder, name));
  return { bring, paths: Object.keys(first).map((name) => join(folder, name)) };
}

test("what the kubelet brings is applied, once for each change", async (t) => {
  const { bring, paths } = await mounted(t, { a: "1", b: "one" });
  const applied: string[] = [];
  const { log } = logLines();
  t.teardown(await followFiles(paths, (contents) => applied.push(contents.join(" ")), { log, everyMs: 10 }));
  t.deepEqual(applied, ["1 one"]);
  await bring({ a: "1", b: "one" });
  await bring({ a: "2", b: "two" });
  await waitFor(() => (applied.at(-1) === "2 two" ? true : undefined), { what: "the change" });
  await bring({ a: "3", b: "three" });
  await waitFor(() => (applied.at(-1) === "3 three" ? true : undefined), { what: "the next one" });
  await bring({ a: "4", b: "three" });
  await waitFor(() => (applied.at(-1) === "4 three" ? true : undefined), {
    what: "what has changed in part",
  });
  t.is(new Set(applied).size, applied.length, "what hasn't changed isn't applied again");
});

test("files that are gone for a while are missed once each time in the log, and read when they are back", async (t) => {
  const { bring, paths } = await mounted(t, { a: "1" });
  const applied: string[] = [];
  const { log, lines } = logLines();
  t.teardown(await followFiles(paths, ([a = ""]) => applied.push(a), { log, everyMs: 10 }));
  await bring({});
  await waitFor(() => lines[0], { what: "the log to say so" });
  await bring({ a: "2" });
  await waitFor(() => (applied.at(-1) === "2" ? true : undefined), { what: "what has come back" });
  t.is(lines.length, 1);
  t.like(lines[0], { err: { code: "ENOENT" }, paths });
  await bring({});
  await waitFor(() => lines[1], { what: "the log to say so again" });
});

test("who has ended it gets nothing any more", async (t) => {
  const { bring, paths } = await mounted(t, { a: "1" });
  const applied: string[] = [];
  const { log } = logLines();
  const end = await followFiles(paths, ([a = ""]) => applied.push(a), { log, everyMs: 10 });
  end();
  const others: string[] = [];
  t.teardown(await followFiles(paths, ([a = ""]) => others.push(a), { log, everyMs: 30 }));
  await bring({ a: "2" });
  await waitFor(() => (others.at(-1) === "2" ? true : undefined), { what: "another to get it" });
  t.deepEqual(applied, ["1"]);
});
