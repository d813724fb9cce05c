import type {
  Client,
  KubernetesObject,
  ResourceType,
  WatchEvent,
  WatchOptions,
} from "../../kubernetes/index.ts";

/** The events of one watch on a connection of its own, until the server ends it. */
export async function* watchOnce<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>> {
  const connection = client.watchConnection();
  try {
    yield* await connection.watch(type, options);
  } finally {
    connection.reset(new Error("the watch is over"));
  }
}
