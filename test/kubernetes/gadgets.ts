import {
  AlreadyExistsError,
  type Client,
  type Condition,
  type KubernetesObject,
  resourceType,
} from "../../kubernetes/index.ts";
import { customResourceDefinitions } from "./resource-types.ts";
import { until } from "./until.ts";

/** A resource type of the tests' own, with a status. */
export interface Gadget extends KubernetesObject {
  spec?: { size?: number };
  status?: {
    observedGeneration?: number;
    colour?: string;
    parts?: { name: string }[];
    conditions?: Condition[];
  };
}

export const gadgets = resourceType<Gadget>({
  group: "kubernetes-test.example.com",
  version: "v1",
  kind: "Gadget",
  plural: "gadgets",
});

const text = { type: "string" };
const whole = { type: "integer", format: "int64" };
const conditions = {
  type: "array",
  "x-kubernetes-list-type": "map",
  "x-kubernetes-list-map-keys": ["type"],
  items: {
    type: "object",
    required: ["type", "status", "reason", "message", "lastTransitionTime"],
    properties: {
      type: text,
      status: text,
      reason: text,
      message: text,
      observedGeneration: whole,
      lastTransitionTime: { type: "string", format: "date-time" },
    },
  },
};
const parts = { type: "array", items: { type: "object", properties: { name: text } } };
const status = { type: "object", properties: { observedGeneration: whole, colour: text, parts, conditions } };

/** Makes the API server serve them. */
export async function installGadgets(client: Client): Promise<void> {
  const { group, plural, kind, version } = gadgets;
  const name = `${plural}.${group}`;
  const spec = { type: "object", properties: { size: whole } };
  const schema = { openAPIV3Schema: { type: "object", properties: { spec, status } } };
  const versions = [{ name: version, served: true, storage: true, subresources: { status: {} }, schema }];
  await client
    .create(customResourceDefinitions, {
      metadata: { name },
      spec: { group, scope: "Namespaced", names: { kind, plural, singular: "gadget" }, versions },
    })
    .catch((error: unknown) => {
      if (!(error instanceof AlreadyExistsError)) throw error; // another test file was faster
    });
  await until("gadgets are served", async () => {
    const { status } = await client.get(customResourceDefinitions, name);
    return status?.conditions?.some(({ type, status }) => type === "Established" && status === "True");
  });
}
