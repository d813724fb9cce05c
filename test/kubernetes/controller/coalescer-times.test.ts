import { mock } from "node:test";
import test from "ava";
import { Coalescer, type CoalescerOptions } from "../../../kubernetes/controller/coalescer.ts";

// In a file of its own: there is one clock for all tests of a file.
test.before(() => mock.timers.enable({ apis: ["setTimeout"] }));
test.after(() => mock.timers.reset());

/** What is written, in order; a write ends when the test says so, or at once. */
function scene(options: Partial<CoalescerOptions<string>> = {}) {
  const written: string[] = [];
  const open: PromiseWithResolvers<void>[] = [];
  const state = { overtaken: 0, failed: [] as string[], failing: false, slow: false };
  const coalescer = new Coalescer<string>({
    write: async (key, latest) => {
      written.push(`${key}=${latest}`);
      if (state.failing) throw new Error("not now");
      if (!state.slow) return;
      const writing = Promise.withResolvers<void>();
      open.push(writing);
      await writing.promise;
    },
    intervalMs: 1_000,
    concurrency: 3,
    onOvertaken: () => state.overtaken++,
    onFailure: (key) => state.failed.push(key),
    ...options,
  });
  /** Lets time pass, and everything happen that is due. */
  const after = async (ms: number): Promise<string[]> => {
    await settled();
    mock.timers.tick(ms);
    await settled();
    return written.splice(0);
  };
  return { coalescer, state, after, end: () => open.shift()?.resolve() };
}

/** Everything has happened that waits for nothing but its turn. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

test.serial("the first report is written at once, and then the last one in each interval", async (t) => {
  const { coalescer, state, after } = scene();
  coalescer.report("a", "1");
  t.deepEqual(await after(0), ["a=1"]);
  coalescer.report("a", "2");
  coalescer.report("a", "3");
  t.is(state.overtaken, 1);
  t.deepEqual(await after(999), []);
  t.deepEqual(await after(1), ["a=3"]);
  t.deepEqual(await after(10_000), [], "nothing new");
  coalescer.report("a", "4");
  t.deepEqual(await after(0), ["a=4"], "it has rested long enough");
  t.is(state.overtaken, 1);
});

test.serial(
  "what is reported while it is written is written after a rest, and nothing is written twice at once",
  async (t) => {
    const { coalescer, state, after, end } = scene();
    state.slow = true;
    coalescer.report("a", "1");
    coalescer.report("a", "2");
    coalescer.report("a", "3");
    t.is(state.overtaken, 1);
    t.deepEqual(await after(5_000), ["a=1"]);
    end();
    t.deepEqual(await after(999), []);
    t.deepEqual(await after(1), ["a=3"]);
    end();
  },
);

test.serial("only so many things are written at once; the next begins when one has ended", async (t) => {
  const { coalescer, state, after, end } = scene();
  state.slow = true;
  for (const key of ["a", "b", "c", "d"]) coalescer.report(key, "x");
  t.deepEqual(await after(0), ["a=x", "b=x"]);
  end();
  t.deepEqual(await after(0), ["c=x"]);
  end();
  end();
  t.deepEqual(await after(0), ["d=x"]);
  end();
});

test.serial(
  "after a failure the same is tried again, each time after twice as long, half a minute at most",
  async (t) => {
    const { coalescer, state, after } = scene();
    state.failing = true;
    coalescer.report("a", "1");
    t.deepEqual(await after(0), ["a=1"]);
    for (const ms of [2_000, 4_000, 8_000, 16_000, 30_000, 30_000]) {
      t.deepEqual(await after(ms - 1), [], `${ms}`);
      t.deepEqual(await after(1), ["a=1"]);
    }
    t.is(state.failed.length, 7);
    t.is(state.failed[0], "a");
    coalescer.report("a", "2");
    state.failing = false;
    t.deepEqual(await after(30_000), ["a=2"], "the newer one instead");
    coalescer.report("a", "3");
    t.deepEqual(await after(999), []);
    t.deepEqual(await after(1), ["a=3"], "it starts over");
  },
);

test.serial("what is reported while its write fails is what is tried next", async (t) => {
  const fail = Promise.withResolvers<void>();
  const written: string[] = [];
  const { coalescer, after } = scene({
    write: async (_, latest) => {
      written.push(latest);
      if (written.length === 1) await fail.promise;
    },
  });
  coalescer.report("a", "1");
  coalescer.report("a", "2");
  fail.reject(new Error("not now"));
  await after(2_000);
  t.deepEqual(written, ["1", "2"]);
});

test.serial(
  "what outlasts later reports is written, also when it failed before; what comes after it counts",
  async (t) => {
    const { coalescer, state, after } = scene({ outlasts: (waiting, later) => waiting > later });
    for (const report of ["1", "3", "2"]) coalescer.report("a", report);
    state.failing = true;
    t.deepEqual(await after(1_000), ["a=1", "a=3"]);
    coalescer.report("a", "2");
    t.deepEqual(await after(2_000), ["a=3"]);
    state.failing = false;
    coalescer.report("a", "4");
    t.deepEqual(await after(10_000), ["a=4"]);
    t.is(state.overtaken, 3);

    const fail = Promise.withResolvers<void>();
    const written: string[] = [];
    const other = scene({
      outlasts: (waiting, later) => waiting > later,
      write: async (_, latest) => {
        written.push(latest);
        if (written.length === 1) await fail.promise;
      },
    });
    other.coalescer.report("a", "3");
    other.coalescer.report("a", "2");
    fail.reject(new Error("not now"));
    await other.after(2_000);
    t.deepEqual(written, ["3", "3"], "it came meanwhile");
  },
);

test.serial(
  "a flush waits for what is being written, writes what rests, and gives up what fails",
  async (t) => {
    const { coalescer, state, after, end } = scene();
    state.slow = true;
    coalescer.report("a", "1");
    coalescer.report("b", "1");
    await after(0);
    end();
    coalescer.report("a", "2");
    coalescer.report("b", "2");
    await after(0);
    let flushed = false;
    const flushing = coalescer.flush().then(() => {
      flushed = true;
    });
    t.deepEqual(await after(0), ["a=2"], "it rested; the other is still being written");
    end();
    t.deepEqual(await after(0), ["b=2"]);
    end();
    t.false(flushed);
    state.failing = true;
    end();
    await after(0);
    await flushing;
    coalescer.report("a", "3");
    await coalescer.flush();
    t.deepEqual(await after(100_000), ["a=3"], "not again");
    t.deepEqual(state.failed, ["a"]);
  },
);

test.serial("a flush doesn't write beside what is being written, nor does anything after it", async (t) => {
  const { coalescer, state, after, end } = scene({ concurrency: 10 });
  state.slow = true;
  coalescer.report("a", "1");
  coalescer.report("a", "2");
  const flushed = coalescer.flush();
  t.deepEqual(await after(0), ["a=1"]);
  end();
  t.deepEqual(await after(0), ["a=2"]);
  end();
  await flushed;

  const other = scene({ concurrency: 10 });
  other.coalescer.report("a", "1");
  await other.after(0);
  await other.coalescer.flush(); // it rested
  other.state.slow = true;
  other.coalescer.report("a", "2");
  t.deepEqual(await other.after(1_000), ["a=2"]);
  other.coalescer.report("a", "3");
  t.deepEqual(await other.after(1_000), [], "the one before is still being written");
  other.end();
  t.deepEqual(await other.after(0), ["a=3"]);
  other.end();
});

test.serial("a flush of nothing ends, as often as it is asked for", async (t) => {
  const { coalescer, after } = scene();
  await Promise.all([coalescer.flush(), coalescer.flush()]);
  await coalescer.flush();
  t.deepEqual(await after(10_000), []);
});

test.serial("what isn't answered in one namespace keeps only its own waiting", async (t) => {
  const { coalescer, state, after, end } = scene({ concurrency: 4 });
  state.slow = true;
  for (const name of ["1", "2", "3", "4"]) coalescer.report(`a/${name}`, "x");
  t.deepEqual(await after(0), ["a/1=x", "a/2=x"]);
  state.slow = false;
  for (const key of ["b/1", "b/2", "b/3"]) coalescer.report(key, "x");
  coalescer.report("a/3", "y");
  t.deepEqual(await after(0), ["b/1=x", "b/2=x", "b/3=x"]);
  t.is(state.overtaken, 1);
  end();
  t.deepEqual(await after(0), ["a/3=y", "a/4=x"], "each once, with what was said last");
  state.slow = true;
  for (const name of ["5", "6", "7"]) coalescer.report(`a/${name}`, "x");
  t.deepEqual(await after(0), ["a/5=x"], "one of the first isn't answered yet");
  const flushed = coalescer.flush();
  state.slow = false;
  for (let i = 0; i < 2; i++) end();
  t.deepEqual(await after(0), ["a/6=x", "a/7=x"]);
  await flushed;
});
