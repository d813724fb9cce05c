import type {
  CallOptions,
  Client,
  CreateOptions,
  Draft,
  KubernetesObject,
  ObjectKey,
  ObjectName,
  ResourceType,
  WriteOptions,
} from "../../kubernetes/index.ts";

export type Call = "get" | "create" | "replace";

interface Interruption {
  readonly when: "before" | "after";
  readonly call: Call;
  readonly happens: () => unknown;
}

/**
 * A client whose calls the real API server carries out. A test says what happens before or after the next ones: another
 * writer's write, a wait, a failure.
 */
export class InterruptedClient implements Pick<Client, Call> {
  /** What was asked for, in order. */
  readonly calls: Call[] = [];
  readonly #client: Pick<Client, Call>;
  readonly #interruptions: Interruption[] = [];

  constructor(client: Pick<Client, Call>) {
    this.#client = client;
  }

  /** The next call of this kind waits for that; what it throws, the call fails with, and isn't carried out. */
  before(call: Call, happens: () => unknown): void {
    this.#interruptions.push({ when: "before", call, happens });
  }

  /** The next call of this kind is carried out, and its answer comes when that is over. */
  after(call: Call, happens: () => unknown): void {
    this.#interruptions.push({ when: "after", call, happens });
  }

  /** The next call of this kind that isn't interrupted before fails with this, though it may have been carried out. */
  fail(call: Call, error: Error, { isDone = false } = {}): void {
    const happens = () => Promise.reject(error);
    this.#interruptions.push({ when: isDone ? "after" : "before", call, happens });
  }

  get<T extends KubernetesObject>(
    type: ResourceType<T>,
    name: ObjectKey | ObjectName,
    options?: CallOptions,
  ): Promise<T> {
    return this.#carriedOut("get", () => this.#client.get(type, name, options));
  }

  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: Draft<T>,
    options?: CreateOptions,
  ): Promise<T> {
    return this.#carriedOut("create", () => this.#client.create(type, object, options));
  }

  replace<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: WriteOptions): Promise<T> {
    return this.#carriedOut("replace", () => this.#client.replace(type, object, options));
  }

  async #carriedOut<T>(call: Call, act: () => Promise<T>): Promise<T> {
    this.calls.push(call);
    const next = this.#interruptions.findIndex((interruption) => interruption.call === call);
    const [interruption] = next < 0 ? [] : this.#interruptions.splice(next, 1);
    if (interruption?.when === "before") await interruption.happens();
    const answer = await act();
    if (interruption?.when === "after") await interruption.happens();
    return answer;
  }
}
