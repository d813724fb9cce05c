#!/usr/bin/env node
import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import {
  createClient,
  EventRecorder,
  HealthServer,
  LeaderElection,
  runProgram,
  watchedNamespaces,
} from "../kubernetes/index.ts";
import { Http } from "../okta/http.ts";
import { operatorFlags } from "./flags.ts";
import { Operator } from "./operator.ts";
