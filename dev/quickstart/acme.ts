import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, parseAllDocuments, stringify } from "yaml";
import { EVENT_TYPES } from "../../okta/events/event-types.ts";
import type { EventHook, OktaStandIn } from "../okta/index.ts";
import { readSeed, startOkta } from "../okta/index.ts";
import { REPOSITORY } from "./program.ts";

/** The client of the product at the stand-in, as dev/okta/acme.yaml has it. */
const CLIENT_ID = "0oaAcmeLogin00000000";
const CLIENT_SECRET = "acme-client-secret";
const API_TOKEN = "acme-api-token";
const EVENT_HOOK_SECRET = "acme-event-hook-secret";

/** Starts the stand-in with the people and groups of Acme. @param port 0 for a free one */
export async function startAcmeOkta(port: number): Promise<OktaStandIn> {
  return startOkta({ ...(await readSeed(join(REPOSITORY, "dev/okta/acme.yaml"))), port });
}

/** Tells the stand-in where the product is, as one enters redirect URIs in Okta. */
export function registerWithOkta(okta: OktaStandIn, baseURL: string): void {
  okta.saveApp({
    clientId: CLIENT_ID,
    label: "Acme Platform",
    clientSecret: CLIENT_SECRET,
    redirectUris: [`${baseURL}/callback/acme`],
    postLogoutRedirectUris: [`${baseURL}/logout/done`],
  });
}

/** Has the stand-in tell the product of changes, as one makes an event hook in Okta. It is to be verified then. */
export function addEventHook(okta: OktaStandIn, uri: string): EventHook {
  return okta.eventHooks.add({
    name: "Acme Platform",
    uri,
    events: EVENT_TYPES.filter((type) => type !== "user.lifecycle.delete.completed"),
    authorization: { secret: EVENT_HOOK_SECRET },
  });
}

/** The samples of `crds/samples`, as they are but for the connection: it is with the stand-in. As YAML. */
export async function acmeManifest(okta: OktaStandIn): Promise<string> {
  const sample = async (file: string): Promise<string> =>
    readFile(join(REPOSITORY, "crds/samples", file), "utf8");
  const organization = parse(await sample("organization.yaml"));
  organization.spec.okta = {
    issuer: okta.issuer("default"),
    clientID: CLIENT_ID,
    clientSecretRef: { name: "acme-okta", key: "clientSecret" },
    directory: { url: okta.url, apiTokenRef: { name: "acme-okta", key: "apiToken" } },
    eventHook: { secretRef: { name: "acme-okta", key: "eventHookSecret" } },
  };
  const secret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "acme-okta" },
    stringData: { clientSecret: CLIENT_SECRET, apiToken: API_TOKEN, eventHookSecret: EVENT_HOOK_SECRET },
  };
  const others = await Promise.all(["mappings.yaml", "local-admin.yaml", "local-user.yaml"].map(sample));
  const documents = others.flatMap((text) => parseAllDocuments(text).map((document) => document.toJSON()));
  return [secret, organization, ...documents].map((document) => stringify(document)).join("---\n");
}
