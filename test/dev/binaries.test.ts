import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type ExecutionContext } from "ava";
import { goarch, goos } from "../../dev/control-plane/go.ts";

const binaries = new URL("../../dev/control-plane/binaries.ts", import.meta.url).href;

/** Asks for the binaries in a process of its own, because they depend on the environment. */
async function find(env: Record<string, string>) {
  const program = `
    const { findBinaries } = await import(${JSON.stringify(binaries)});
    await findBinaries().then(
      (found) => console.log(JSON.stringify(found)),
      (error) => { console.log(error.code, error.message); process.exitCode = 1; });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { stdout: stdout.trim(), stderr, code };
}

async function folder(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "binaries-"));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  return path;
}

/**
 * A stand-in for the go command, since a build takes minutes: it says what it was told, takes a moment, and makes what
 * it was asked for.
 */
async function fakeGo(t: ExecutionContext, version: string) {
  const path = await folder(t);
  const script = `#!/bin/sh
echo "GOTOOLCHAIN=$GOTOOLCHAIN GOCACHE=$GOCACHE $*" >> ${path}/calls
case "$1" in
  env) echo ${version} ;;
  list) echo "go: downloading example.org/module v1.0.0" >&2; echo example.org/a; echo example.org/b ;;
  build)
    mkdir -p "$GOCACHE" && sleep 0.2
    while [ "$1" != -o ]; do shift; done
    mkdir -p "$(dirname "$2")" && echo program > "$2" ;;
esac
`;
  await writeFile(join(path, "go"), script);
  await chmod(join(path, "go"), 0o755);
  // The pinned one, so that what happens to be on this machine is left alone.
  const env = {
    PATH: `${path}:/usr/bin:/bin`,
    HOME: path,
    XDG_CACHE_HOME: join(path, "cache"),
    KUBERNETES: "newest",
  };
  return { env, calls: async () => (await readFile(join(path, "calls"), "utf8")).trim().split("\n") };
}

test("KUBEBUILDER_ASSETS is used as it is", async (t) => {
  const assets = await folder(t);
  for (const name of ["etcd", "kube-apiserver", "kubectl"])
    await writeFile(join(assets, name), "", { mode: 0o755 });
  const { stdout } = await find({ PATH: "", KUBEBUILDER_ASSETS: assets });
  t.deepEqual(JSON.parse(stdout), {
    etcd: join(assets, "etcd"),
    kubeApiserver: join(assets, "kube-apiserver"),
    kubectl: join(assets, "kubectl"),
  });
});

test("a program that KUBEBUILDER_ASSETS lacks is named", async (t) => {
  const assets = await folder(t);
  await writeFile(join(assets, "etcd"), "", { mode: 0o755 });
  const { stdout, code } = await find({ PATH: "", KUBEBUILDER_ASSETS: assets });
  t.is(code, 1);
  t.regex(stdout, /^binary-missing .*\/kube-apiserver is not a program/);
});

test("KUBERNETES takes an older API server, and the newest's kubectl", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const newest = JSON.parse((await find(go.env)).stdout);
  const older = JSON.parse((await find({ ...go.env, KUBERNETES: "1.33" })).stdout);
  t.regex(older.kubeApiserver, /\/kubernetes-1\.33-v1\.33\.\d+-[^/]+\/kube-apiserver$/);
  t.deepEqual({ ...older, kubeApiserver: newest.kubeApiserver }, newest);
});

test("a KUBERNETES that isn't pinned is refused, and the error says which there are", async (t) => {
  const { stdout, code } = await find({ PATH: "", KUBERNETES: "1.30" });
  t.is(code, 1);
  t.regex(stdout, /^unknown-kubernetes KUBERNETES=1\.30 .*set 1\.33 or newest, or leave it out for what is/);
});

/** As setup-envtest leaves them behind, of the newest version that tests run on. */
async function envtest(home: string, names: readonly string[]): Promise<string> {
  const folder = join(home, `.local/share/kubebuilder-envtest/k8s/1.37.1-${goos()}-${goarch()}`);
  await mkdir(folder, { recursive: true });
  for (const name of names) {
    const script = `#!/bin/sh\necho "${name === "etcd" ? "etcd Version: 3.6.9" : "Version: v1.37.1"}"\n`;
    await writeFile(join(folder, name), script, { mode: 0o755 });
  }
  return folder;
}

test("what setup-envtest has downloaded is used at once: nothing is built, nobody waits", async (t) => {
  const home = await folder(t);
  const assets = await envtest(home, ["etcd", "kube-apiserver", "kubectl"]);
  const { stdout, stderr } = await find({ PATH: "", HOME: home });
  t.deepEqual(JSON.parse(stdout), {
    etcd: join(assets, "etcd"),
    kubeApiserver: join(assets, "kube-apiserver"),
    kubectl: join(assets, "kubectl"),
  });
  t.is(stderr.trim(), `Using kube-apiserver 1.37.1, etcd 3.6.9, kubectl 1.37.1 from ${assets}.`);
});

test("only what isn't at hand is built, and found the next time", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const { KUBERNETES: _, ...env } = go.env;
  const assets = await envtest(go.env.HOME, ["etcd", "kubectl"]);
  const first = await find(env);
  const found = JSON.parse(first.stdout);
  t.is(found.kubectl, join(assets, "kubectl"));
  t.true(found.kubeApiserver.startsWith(env.XDG_CACHE_HOME));
  t.is((await go.calls()).filter((call) => / build /.test(call)).length, 1);
  t.regex(first.stderr, /Building kube-apiserver v\S+ from source/);
  const second = await find(env);
  t.is(second.stdout, first.stdout);
  t.is((await go.calls()).filter((call) => / build /.test(call)).length, 1);
});

test("what was built here goes before what is at hand: one Kubernetes from one day to the next", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const built = await find(go.env);
  await envtest(go.env.HOME, ["etcd", "kube-apiserver", "kubectl"]);
  const { KUBERNETES: _, ...env } = go.env;
  t.is((await find(env)).stdout, built.stdout);
});

test("KUBERNETES=newest takes the one that is pinned, whatever is at hand", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  await envtest(go.env.HOME, ["etcd", "kube-apiserver", "kubectl"]);
  const { stdout } = await find(go.env);
  t.true(JSON.parse(stdout).kubeApiserver.startsWith(go.env.XDG_CACHE_HOME));
});

test("KUBERNETES and KUBEBUILDER_ASSETS together are refused", async (t) => {
  const { stdout, code } = await find({ PATH: "", KUBERNETES: "1.33", KUBEBUILDER_ASSETS: "/assets" });
  t.is(code, 1);
  t.regex(stdout, /^other-kubernetes .*unset one of them/);
});

test("without Go, the error says which Go to install and what else would do", async (t) => {
  const home = await folder(t);
  const { stdout, code } = await find({ PATH: home, HOME: home });
  t.is(code, 1);
  t.regex(stdout, /^go-missing .*install Go 1\.21\.0 or later.*KUBEBUILDER_ASSETS/);
});

test("a Go that can't fetch a newer one is refused, with both versions", async (t) => {
  const go = await fakeGo(t, "go1.20.14");
  const { stdout, code } = await find(go.env);
  t.is(code, 1);
  t.regex(stdout, /^go-too-old Go 1\.20\.14 is too old.*install Go 1\.21\.0 or later.*KUBEBUILDER_ASSETS/);
});

test("an older Go is told to fetch the one that is needed", async (t) => {
  const go = await fakeGo(t, "go1.21.0");
  const { stderr } = await find(go.env);
  t.regex(stderr, /Fetching Go 1\.26\.0 first/);
  const builds = (await go.calls()).filter((call) => / build /.test(call));
  t.true(builds.every((call) => call.startsWith("GOTOOLCHAIN=auto ")));
});

test("a Go that is new enough stays as its owner has set it up", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  await find({ ...go.env, GOTOOLCHAIN: "local" });
  const builds = (await go.calls()).filter((call) => / build /.test(call));
  t.is(builds.length, 3);
  t.true(builds.every((call) => call.startsWith("GOTOOLCHAIN=local ")));
});

test("what was built is found the next time, and nothing else of the build stays", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const first = await find(go.env);
  t.regex(first.stderr, /Building etcd v\S+ from source, once: less than a minute/);
  t.regex(first.stderr, /Built kube-apiserver and kubectl in/);
  const calls = await go.calls();

  const second = await find(go.env);
  t.is(second.stdout, first.stdout);
  t.is(second.stderr, "");
  t.deepEqual(await go.calls(), calls);
  const kept = (await readdir(join(go.env.XDG_CACHE_HOME, "okta-role-operator"))).sort();
  t.is(kept.length, 2, kept.join(" "));
});

test("two starts at once build once", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const [one, other] = await Promise.all([find(go.env), find(go.env)]);
  t.is(one.code, 0);
  t.is(other.stdout, one.stdout);
  t.is((await go.calls()).filter((call) => / build /.test(call)).length, 3);
});

test("the lock of a process that died is no hindrance", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const built = JSON.parse((await find(go.env)).stdout);
  const etcd = join(built.etcd, "..");
  await rm(etcd, { recursive: true });
  await mkdir(`${etcd}.building/gocache`, { recursive: true });
  // No process has this number: it is above what Linux and macOS give out.
  await writeFile(`${etcd}.lock`, `${hostname()} 99999999`);
  t.is((await find(go.env)).code, 0);
  t.is((await readFile(built.etcd, "utf8")).trim(), "program");
});

test("when a build fails, the end of what Go said is shown, and the next start tries again", async (t) => {
  const go = await fakeGo(t, "go1.99.1");
  const path = join(go.env.HOME, "go");
  const script = await readFile(path, "utf8");
  await writeFile(path, script.replace("build)", 'build) echo "no space left on device" >&2; exit 1'));
  const failed = await find(go.env);
  t.regex(failed.stdout, /^go-failed `go build .*` ended with 1.*\nno space left on device$/s);
  await writeFile(path, script);
  t.is((await find(go.env)).code, 0);
});
