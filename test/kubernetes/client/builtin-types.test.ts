import test from "ava";
import { Agent, request } from "undici";
import { z } from "zod";
import * as types from "../../../kubernetes/client/builtin-types.ts";
import { apiServerAccess } from "../api-server.ts";

const Discovered = z.object({
  resources: z.array(z.object({ name: z.string(), kind: z.string(), namespaced: z.boolean() })),
});

test("Kubernetes' own kinds are where the API server has them", async (t) => {
  const { server, tls, headers } = await apiServerAccess();
  const dispatcher = new Agent({ connect: tls });
  t.teardown(() => dispatcher.close());
  t.true(Object.values(types).length > 3);
  for (const { group, apiVersion, plural, kind, namespaced } of Object.values(types)) {
    const path = group === "" ? `/api/${apiVersion}` : `/apis/${apiVersion}`;
    const { body } = await request(new URL(path, server), {
      dispatcher,
      headers: Object.entries(headers).flat().map(String),
    });
    const { resources } = Discovered.parse(await body.json());
    t.deepEqual(
      resources.find(({ name }) => name === plural),
      { name: plural, kind, namespaced },
      path,
    );
  }
});
