import { type Flag, isPort, isPositive, programFlags } from "../kubernetes/index.ts";
import { organizationFlags } from "../organizations/flags.ts";

/** The operator's flags. */
export const operatorFlags = {
  ...programFlags,
  ...organizationFlags,
  "login-paths-per-namespace": {
    value: "NUMBER",
    description:
      "login paths that organizations of one namespace may have, those included that they have left lately",
    default: "100",
    check: isPositive,
  },
  "login-path-retention": {
    value: "HOURS",
    description: "how long a login path is kept for an organization that is gone, or uses another one",
    default: "168",
    check: isPositive,
  },
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
