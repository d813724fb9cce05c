import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import test, { type ExecutionContext } from "ava";
import { programsAtHand, usualPlaces } from "../../dev/control-plane/at-hand.ts";
import { goarch, goos } from "../../dev/control-plane/go.ts";
import { waitFor } from "../wait-for.ts";

const TESTED = { oldest: 33, newest: 37 };

/** Programs that say these versions, as the real ones do, and are good for nothing else. */
async function folderOf(
  t: ExecutionContext,
  versions: Record<string, string>,
  path?: string,
): Promise<string> {
  const folder = path ?? (await mkdtemp(join(tmpdir(), "at-hand-")));
  if (path === undefined) t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  for (const [name, version] of Object.entries(versions)) {
    const says = {
      etcd: `[ "$1" = --version ] && echo "etcd Version: ${version}" && echo "Git SHA: 1234567"`,
      "kube-apiserver": `[ "$1" = --version ] && echo "Kubernetes v${version}"`,
      kubectl: `[ "$*" = "version --client" ] && echo "Client Version: v${version}" && echo "Kustomize Version: v5.7.1"`,
    }[name];
    await writeFile(join(folder, name), `#!/bin/sh\n${says}\n`);
    await chmod(join(folder, name), 0o755);
    await untilItStarts(join(folder, name));
  }
  return folder;
}

/** A process that is being started has all that its parent has open. Where that is a program, nobody can start it. */
async function untilItStarts(path: string): Promise<void> {
  const start = async (): Promise<true | undefined> => {
    try {
      await promisify(execFile)(path);
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code === "ETXTBSY") return undefined;
      if (typeof code !== "number") throw error; // else it has started, and ended as without arguments
    }
    return true;
  };
  await waitFor(start, { what: `${path} to start` });
}

async function look(places: readonly string[]) {
  const said: string[] = [];
  const found = await programsAtHand(TESTED, places, (line) => said.push(line));
  return { found, said };
}

const SET = { "kube-apiserver": "1.36.1", etcd: "3.6.5", kubectl: "1.36.1" };

test("a folder that has all three is used, and one line says so", async (t) => {
  const folder = await folderOf(t, SET);
  const { found, said } = await look([join(folder, "nothing"), folder]);
  t.deepEqual(found, {
    "kube-apiserver": join(folder, "kube-apiserver"),
    etcd: join(folder, "etcd"),
    kubectl: join(folder, "kubectl"),
  });
  t.deepEqual(said, [`Using kube-apiserver 1.36.1, etcd 3.6.5, kubectl 1.36.1 from ${folder}.`]);
});

test("what is too old or too new is named with the reason, and the next place is looked at", async (t) => {
  const [old, recent, fits] = [
    await folderOf(t, { ...SET, "kube-apiserver": "1.32.9", etcd: "3.4.23" }),
    await folderOf(t, { "kube-apiserver": "1.38.0" }),
    await folderOf(t, SET),
  ];
  const { found, said } = await look([old, recent, fits]);
  t.is(found["kube-apiserver"], join(fits, "kube-apiserver"));
  t.is(found.etcd, join(fits, "etcd"));
  t.deepEqual(said.slice(0, 3), [
    `Not using ${join(old, "kube-apiserver")}: kube-apiserver 1.32.9 is too old, tests run on 1.33 to 1.37.`,
    `Not using ${join(recent, "kube-apiserver")}: kube-apiserver 1.38.0 is too new, tests run on 1.33 to 1.37.`,
    `Not using ${join(old, "etcd")}: etcd 3.4.23 is too old, it takes 3.5.13 or later.`,
  ]);
});

test("a kubectl fits the API server that was found, or the one that is going to be built", async (t) => {
  const kubectl = await folderOf(t, { kubectl: "1.34.0" });
  const { found, said } = await look([kubectl]);
  t.deepEqual(found, {});
  t.deepEqual(said, [
    `Not using ${join(kubectl, "kubectl")}: kubectl 1.34.0 is too old for Kubernetes 1.37.`,
  ]);
  const server = await folderOf(t, { "kube-apiserver": "1.35.2" });
  t.is((await look([kubectl, server])).found.kubectl, join(kubectl, "kubectl"), "one version apart");
});

test("a program that is in two places, as /bin and /usr/bin are one, is spoken of once", async (t) => {
  const folder = await folderOf(t, { etcd: "3.4.23" });
  const other = join(await folderOf(t, {}), "bin");
  await symlink(folder, other);
  t.is((await look([folder, other])).said.length, 1);
});

test("a program that doesn't run here is passed over, and said so", async (t) => {
  const broken = await folderOf(t, {});
  await writeFile(join(broken, "etcd"), "\x7fELF for another processor", { mode: 0o755 });
  const fits = await folderOf(t, SET);
  const { found, said } = await look([broken, fits]);
  t.is(found.etcd, join(fits, "etcd"));
  t.true(said.includes(`Not using ${join(broken, "etcd")}: it doesn't say its version.`));
});

test("setup-envtest's folders come first, the newest of this machine before others, then kubebuilder's and PATH", async (t) => {
  const home = await folderOf(t, {});
  const here = (version: string) => `${version}-${goos()}-${goarch()}`;
  const data = join(home, ".local/share/kubebuilder-envtest/k8s");
  for (const name of [here("1.9.0"), here("1.35.10"), here("1.35.9"), "1.36.0-plan9-mips"])
    await mkdir(join(data, name), { recursive: true });
  const env = { HOME: home, PATH: "/a:/b" };
  t.deepEqual(await usualPlaces(env, "linux"), [
    join(data, here("1.35.10")),
    join(data, here("1.35.9")),
    join(data, here("1.9.0")),
    "/usr/local/kubebuilder/bin",
    "/a",
    "/b",
  ]);
  const moved = { ...env, XDG_DATA_HOME: join(home, ".local/share"), HOME: "/nowhere" };
  t.is((await usualPlaces(moved, "linux"))[0], join(data, here("1.35.10")));
  const mac = join(home, "Library/Application Support/io.kubebuilder.envtest/k8s", here("1.36.0"));
  await mkdir(mac, { recursive: true });
  t.is((await usualPlaces(env, "darwin"))[0], mac);
});
