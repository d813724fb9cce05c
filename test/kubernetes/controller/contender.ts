/**
 * A replica that wants to lead, as a process of its own so that it can be killed and stopped. While it leads it writes
 * its identity into a ConfigMap, again and again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { pino } from "pino";
import { createClient, LeaderElection, runUntilSignal } from "../../../kubernetes/index.ts";
import { configMaps } from "../resource-types.ts";
import { CONTEST, contestSettings } from "./contest.ts";

const [kubeconfig = "", namespace = "", identity = ""] = process.argv.slice(2);
process.on("disconnect", () => process.exit()); // never outlives the test
const log = pino({ level: "silent" });

await runUntilSignal(
  async (signal) => {
    const client = await createClient({ kubeconfig, userAgent: identity, log });
    const election = new LeaderElection({ client, namespace, identity, log, ...contestSettings });
    const guarded = election.guard(client);
    const options = { fieldManager: "contest", force: true };
    await election.run(signal, async (lost) => {
      while (!lost.aborted) {
        const metadata = { namespace, name: CONTEST };
        const intent = { metadata, data: { writer: identity, at: String(performance.now()) } };
        await guarded.apply(configMaps, intent, options).catch(() => {}); // it may be refused: that is the point
        process.send?.("tried to write");
        await sleep(5);
      }
      process.send?.("stopped writing");
    });
    await client.close();
    process.disconnect();
  },
  { log },
);
