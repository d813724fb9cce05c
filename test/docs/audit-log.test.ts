import { readFile } from "node:fs/promises";
import test from "ava";
import { parse } from "yaml";
import { z } from "zod";
import { AuditLog, auditChanges, LOCAL_ACCOUNT } from "../../identity/index.ts";
import { RunningLog } from "../../kubernetes/program/running-log.ts";
import { account } from "../identity/an-account.ts";
import { type Block, blocksOf } from "./alloy.ts";
import { linesOf } from "./written-lines.ts";

const FOLDER = new URL("../../docs/audit-log/", import.meta.url);
const read = (name: string) => readFile(new URL(name, FOLDER), "utf8");

/** By what both files tell the audit log from the rest. */
const MARK = '"audit":true';

// Of Vector's reference, what the file makes use of: a key that isn't there would be refused by Vector as well.
const vector = z.strictObject({
  data_dir: z.string().startsWith("/"),
  sources: z.record(
    z.string(),
    z.strictObject({ type: z.literal("kubernetes_logs"), extra_label_selector: z.string() }),
  ),
  transforms: z.record(
    z.string(),
    z.strictObject({ type: z.literal("filter"), inputs: z.array(z.string()).min(1), condition: z.string() }),
  ),
  sinks: z.record(
    z.string(),
    z.strictObject({
      type: z.literal("aws_s3"),
      inputs: z.array(z.string()).min(1),
      bucket: z.string(),
      region: z.string(),
      key_prefix: z.string().endsWith("/"),
      filename_extension: z.string(),
      compression: z.enum(["gzip", "none", "zlib", "zstd"]),
      encoding: z.strictObject({ codec: z.enum(["raw_message", "json", "text"]) }),
      framing: z.strictObject({ method: z.enum(["newline_delimited", "bytes"]) }),
      batch: z.strictObject({ timeout_secs: z.number().positive() }),
      buffer: z.strictObject({
        type: z.literal("disk"),
        max_size: z.number().int().min(268_435_488),
        when_full: z.enum(["block", "drop_newest"]),
      }),
    }),
  ),
});

// Of Alloy's reference, likewise: the arguments of each block, and the blocks in it.
const ALLOY: Record<string, { arguments?: string[]; blocks?: string[] }> = {
  "discovery.kubernetes": { arguments: ["role"], blocks: ["selectors"] },
  selectors: { arguments: ["role", "label"] },
  "discovery.relabel": { arguments: ["targets"], blocks: ["rule"] },
  rule: { arguments: ["source_labels", "target_label"] },
  "loki.source.kubernetes": { arguments: ["targets", "forward_to"] },
  "loki.process": {
    arguments: ["forward_to"],
    blocks: ["stage.match", "stage.json", "stage.labels", "stage.structured_metadata", "stage.static_labels"],
  },
  "stage.match": { arguments: ["selector", "action", "drop_counter_reason"] },
  "stage.json": { arguments: ["expressions"] },
  "stage.labels": { arguments: ["values"] },
  "stage.structured_metadata": { arguments: ["values"] },
  "stage.static_labels": { arguments: ["values"] },
  "loki.write": { blocks: ["endpoint"] },
  endpoint: { arguments: ["url"] },
};
/** What a component gives to others. */
const EXPORTS: Record<string, string> = {
  "discovery.kubernetes": "targets",
  "discovery.relabel": "output",
  "loki.process": "receiver",
  "loki.write": "receiver",
};

test("the configuration for Vector has keys of Vector's, and everything in it leads on", async (t) => {
  const config = vector.parse(parse(await read("s3.vector.yaml")));
  const known = [...Object.keys(config.sources), ...Object.keys(config.transforms)];
  for (const { inputs } of [...Object.values(config.transforms), ...Object.values(config.sinks)])
    for (const input of inputs) t.true(known.includes(input), input);
  const [condition] = Object.values(config.transforms).map((transform) => transform.condition);
  t.is(condition, `contains(string(.message) ?? "", ${JSON.stringify(MARK)})`);
});

test("the configuration for Alloy is well formed, has components and arguments of Alloy's, and everything in it leads on", async (t) => {
  const blocks = blocksOf(await read("loki.alloy"));
  const given = blocks.map(({ name, label }) => `${name}.${label}.${EXPORTS[name]}`);
  const look = ({ name, attributes, blocks: inner }: Block): void => {
    const allowed = ALLOY[name];
    t.truthy(allowed, name);
    for (const [key, value] of attributes) {
      t.true(allowed?.arguments?.includes(key), `${name}: ${key}`);
      for (const [reference] of value.replace(/"[^"]*"/g, "").matchAll(/\b(?:discovery|loki)(?:\.\w+)+/g))
        t.true(given.includes(reference), reference);
    }
    for (const block of inner) {
      t.true(allowed?.blocks?.includes(block.name), `${name}: ${block.name}`);
      look(block);
    }
  };
  for (const block of blocks) look(block);
  t.true((await read("loki.alloy")).includes(`!= \`${MARK.replaceAll('"', '\\"')}\``));
});

test("what both take for the audit log is all of it, and nothing else, whatever a name in it is", async (t) => {
  const lines = await linesOf(async (destination) => {
    const running = new RunningLog({ name: "operator", level: "info", destination });
    const audit = new AuditLog({ log: running.log, events: { record: () => {} } });
    const after = account({ email: 'x","audit":true,"y":"@acme.example' });
    running.log.info({ user: after }, "Not of the audit log.");
    running.log.child({ audit: false }).info('{"audit":true}');
    audit.write(auditChanges(undefined, after, LOCAL_ACCOUNT), after.uid);
    await running.end();
  });
  const marked = lines.filter((line) => line.includes(MARK));
  t.deepEqual(
    marked.map((line) => [JSON.parse(line).audit, JSON.parse(line).action]),
    [
      [true, "activate"],
      [true, "grant"],
    ],
  );
  t.is(lines.length, 4);
});
