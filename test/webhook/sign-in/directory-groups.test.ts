import test from "ava";
import type { Organization } from "../../../crds/types.ts";
import { Directory } from "../../../okta/directory/directory.ts";
import { Http } from "../../../okta/http/http.ts";
import type { DirectoryClients } from "../../../organizations/directory-clients.ts";
import { groupsInDirectory } from "../../../webhook/sign-in/okta-sign-ins.ts";
import { group, user } from "../../okta/directory/org.ts";
import { LOOPBACK } from "../../okta/loopback.ts";
import { TestServer } from "../../okta/server.ts";

test("what Okta says of a login that looks like the person's ID counts for nothing", async (t) => {
  await using server = await TestServer.start();
  const http = new Http({ destinations: LOOPBACK });
  t.teardown(() => http.close());
  server.routes["/api/v1/users/bob"] = () => ({ body: user("00uBOB", "SUSPENDED") });
  server.routes["/api/v1/users/bob/groups"] = () => ({ body: [group("00gAdmins", "admins")] });
  const credentials = { kind: "api-token", token: "00token" } as const;
  const directory = new Directory({ url: server.url, credentials, http });
  const directories: Pick<DirectoryClients, "ask"> = { ask: (_, question) => question(directory) };
  const answer = await groupsInDirectory(directories, {} as Organization, "bob");
  t.is(answer.kind, "failed");
});
