/**
 * A replica that wants to lead, as a process of its own so that it can be killed and stopped. While it leads it writes
 * its identity into a ConfigMap, as fast as it can.
 */
import { pino } from "pino";
import { configMaps, createClient, LeaderElection, runUntilSignal } from "../../kubernetes/index.ts";
import { CONTEST, contestSettings } from "./contest.ts";

const [kubeconfig = "", namespace = "", identity = ""] = process.argv.slice(2);
const log = pino({ level: "silent" });

await runUntilSignal(
  async (signal) => {
    const client = await createClient({ kubeconfig, userAgent: identity, log });
    const election = new LeaderElection({ client, namespace, identity, log, ...contestSettings });
    const guarded = election.guard(client);
    await election.run(signal, async (lost) => {
      while (!lost.aborted) {
        const metadata = { namespace, name: CONTEST };
        const intent = { metadata, data: { writer: identity, at: String(performance.now()) } };
        await guarded
          .apply(configMaps, intent, { fieldManager: "contest", force: true, signal: lost })
          .catch(() => {});
      }
    });
    await client.close();
  },
  { log },
);
