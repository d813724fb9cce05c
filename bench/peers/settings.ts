import { z } from "zod";

const schema = z.object({
  /** 0 for a free one. */
  port: z.number().default(0),
  issuer: z.string().default(""),
  clientID: z.string().default(""),
  clientSecret: z.string().default(""),
  /** Where the bare callback stores whoever signs in; without it, nothing is stored. */
  writesTo: z.object({ kubeconfig: z.string(), organization: z.string() }).optional(),
  /** What the bare route answers. */
  answer: z.unknown().optional(),
  /** The headers of the bare route that answers with nothing else. */
  headers: z.record(z.string(), z.string()).default({}),
});
export type PeerSettings = z.input<typeof schema>;

/** What a peer was started with: its only argument, as JSON. */
export const settings = schema.parse(JSON.parse(process.argv[2] ?? "{}"));
