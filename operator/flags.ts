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
    description: "the address to listen on for health and metrics; without it, all of them, IPv6 included",
  },
} as const satisfies Record<string, Flag>;
