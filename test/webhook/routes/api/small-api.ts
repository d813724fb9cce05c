import type { ExecutionContext } from "ava";
import { Callers } from "../../../../webhook/api/callers.ts";
import { SessionCallers } from "../../../../webhook/api/session-callers.ts";
import { apiRoutes } from "../../../../webhook/api-routes.ts";
import { logLines } from "../../../log-lines.ts";
import { serviceAccount } from "../../api/a-service-account.ts";
import { SmallWebhook } from "../small-webhook.ts";

/** What programs may do, by the token that they send. */
const RIGHTS: Readonly<Record<string, readonly ("list" | "get")[]>> = {
  both: ["list", "get"],
  lister: ["list"],
  getter: ["get"],
};

/** The API of a small webhook with Ada, who views, and Kim, who administers, and how to ask it. */
export async function smallApi(t: ExecutionContext) {
  const webhook = new SmallWebhook();
  const ada = webhook.person("ada", "viewer", { name: "Ada" });
  const kim = webhook.person("kim", "admin");
  const programs = {
    of: async (token: string) => {
      const may = (right: "list" | "get") => async (namespace: string) =>
        namespace === "acme" && (RIGHTS[token] ?? []).includes(right);
      const rights = { mayList: may("list"), mayGet: may("get") };
      return serviceAccount({ namespace: "acme", name: token }, rights);
    },
  };
  const callers = new Callers(programs, new SessionCallers(webhook.replica.sessions, () => false));
  const ask = await webhook.serve(t, (app) => {
    app.use("/api/v1", apiRoutes({ ...webhook, callers, log: logLines().log }, 1_000));
  });
  const cookies = { ada: webhook.signedIn(ada), kim: webhook.signedIn(kim) };
  /** @param who a program, or one of these people */
  const api = async (who: string, path: string, headers: Record<string, string> = {}) => {
    const isPerson = who === "ada" || who === "kim";
    const credentials = isPerson ? { cookie: cookies[who] } : { authorization: `Bearer ${who}` };
    const answer = await ask(`/api/v1/organizations/acme/${path}`, {
      headers: { ...credentials, ...headers },
    });
    return { ...answer, content: answer.body === "" ? undefined : JSON.parse(answer.body) };
  };
  return { webhook, api };
}
