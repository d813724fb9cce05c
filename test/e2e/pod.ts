import type { TestCluster } from "./cluster.ts";
import { places } from "./places.ts";
import { packedProgram, runPacked } from "./programs.ts";

/** A program of this repository, in a pod of its own beside the product. */
export interface PodProgram {
  /** The pod's, and that of what belongs to it. */
  readonly name: string;
  readonly entryPoint: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that it finds under /files. */
  readonly files?: Readonly<Record<string, string>>;
  readonly port: number;
  /** The scheme and path that answer once it is ready. */
  readonly ready: { readonly scheme: "HTTP" | "HTTPS"; readonly path: string };
}

/** @returns the objects that make it run, on the product's image */
export async function podOf(program: PodProgram, { image }: TestCluster): Promise<object[]> {
  const { name, args = [], env = {}, files = {}, port, ready } = program;
  const metadata = { name, namespace: places.outside, labels: { app: name } };
  const code = await packedProgram(program.entryPoint);
  return [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: `${name}-program` },
      binaryData: { "program.br": code },
    },
    { apiVersion: "v1", kind: "Secret", metadata: { ...metadata, name: `${name}-files` }, stringData: files },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      spec: {
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name,
            image: `${image.repository}:${image.tag}`,
            imagePullPolicy: image.pullPolicy,
            command: runPacked("/program/program.br"),
            args,
            env: Object.entries(env).map(([key, value]) => ({ name: key, value })),
            ports: [{ containerPort: port }],
            // On a busy machine an answer takes a while, and that isn't what is tested.
            readinessProbe: { httpGet: { port, ...ready }, periodSeconds: 1, timeoutSeconds: 10 },
            volumeMounts: [
              { name: "program", mountPath: "/program" },
              { name: "files", mountPath: "/files" },
              { name: "tmp", mountPath: "/tmp" },
            ],
          },
        ],
        volumes: [
          { name: "program", configMap: { name: `${name}-program` } },
          { name: "files", secret: { secretName: `${name}-files` } },
          { name: "tmp", emptyDir: {} },
        ],
      },
    },
  ];
}
