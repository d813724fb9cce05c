import test from "ava";
import { kstatusOf } from "../kstatus.ts";
import { localUser, mapping, organization } from "./objects.ts";
import { testNamespace } from "./server.ts";

const namespace = testNamespace();

for (const object of [organization(), mapping(), localUser()]) {
  test.serial(`whoever waits for an ${object.kind} waits until somebody has looked at it`, async (t) => {
    const read = async () =>
      JSON.parse(await namespace.succeed(["get", object.kind, object.metadata.name, "-o", "json"]));
    t.is(
      kstatusOf(JSON.parse(await namespace.succeed(["create", "-o", "json", "-f", "-"], object))),
      "InProgress",
    );
    t.is(kstatusOf(await read()), "InProgress");
    // An edit is possible before anybody has looked.
    await namespace.succeed(["annotate", object.kind, object.metadata.name, "example.com/team=access"]);
    t.is(kstatusOf(await read()), "InProgress");
  });
}
