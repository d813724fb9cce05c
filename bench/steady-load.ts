import { setTimeout as sleep } from "node:timers/promises";
import { Agent, request } from "undici";

/** So that no question waits for another's answer. */
const CONNECTIONS = 16;

export interface SteadyLoad {
  readonly url: string;
  readonly cookie: string;
  /** Requests a second, whatever the answers take. */
  readonly rate: number;
  readonly seconds: number;
}

/**
 * Asks at a fixed rate on connections that stay open.
 * @returns how long each answer took, in ms
 * @throws Error when one isn't 200
 */
export async function steadyLoad({ url, cookie, rate, seconds }: SteadyLoad): Promise<number[]> {
  const dispatcher = new Agent({ connections: CONNECTIONS, keepAliveTimeout: 60_000 });
  const ask = async (): Promise<number> => {
    const start = performance.now();
    const { statusCode, body } = await request(url, { dispatcher, headers: { cookie } });
    await body.dump();
    if (statusCode !== 200) throw new Error(`${url} answered ${statusCode}`);
    return performance.now() - start;
  };
  try {
    const asked: Promise<number>[] = [];
    const start = performance.now();
    for (let i = 0; i < rate * seconds; i++) {
      const early = start + (i * 1000) / rate - performance.now();
      if (early > 0) await sleep(early);
      const one = ask();
      one.catch(() => {}); // all of them are awaited below
      asked.push(one);
    }
    return await Promise.all(asked);
  } finally {
    await dispatcher.close();
  }
}
