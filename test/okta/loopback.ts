import { Destinations } from "../../okta/http/destinations.ts";

/** Where the servers of tests are. */
export const LOOPBACK = new Destinations({ addresses: ["loopback"] });
