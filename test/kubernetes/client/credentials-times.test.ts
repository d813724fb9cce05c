import test from "ava";
import { Credentials } from "../../../kubernetes/client/credentials.ts";
import { log, temporaryFile } from "../api-server.ts";
import { fakeClock } from "../fake-clock.ts";
import { oneContext } from "../one-context.ts";

// In a file of its own: there is one clock for all tests of a file.
const clock = fakeClock(test);

test.serial("a plugin that gives no answer is waited for half a minute", async (t) => {
  const file = await temporaryFile(t, "there", "");
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: "sh",
    args: ["-c", `while [ -e ${file} ]; do sleep 0.05; done`],
    interactiveMode: "Never",
  };
  const kubeconfig = await oneContext(t, { user: { exec } });
  await import("../../../kubernetes/client/kubeconfig.ts"); // loading it takes real time
  let outcome: unknown;
  const loading = Credentials.load({ kubeconfig, log }).catch((error: unknown) => {
    outcome = error;
  });
  await clock.pass(29_900, 10_000);
  t.is(outcome, undefined);
  await clock.pass(200);
  await loading;
  t.like(outcome, {
    code: "kubeconfig-error",
    message: "The credential plugin gave no answer within 30 s",
  });
});
