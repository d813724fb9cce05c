import { commonFlags, type Flag, isPort } from "../kubernetes/index.ts";

/** The operator's flags. */
export const operatorFlags = {
  ...commonFlags,
  "health-port": {
    value: "PORT",
    description: "where /livez, /readyz and /metrics are served; 0 for a free one",
    default: "8081",
    check: isPort,
  },
  "health-host": {
    value: "ADDRESS",
    description: "the address to listen on",
    default: "0.0.0.0",
  },
} as const satisfies Record<string, Flag>;
