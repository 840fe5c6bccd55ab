// Watches the transparency log: every card, parameter document and order stands there, and nothing is ever taken out.
//
//   SYMBOLON_DEPLOYMENT=deployment.json node log.ts
//
// A watcher that runs daily keeps `monitor.state` and gives it to the next LogMonitor. Otherwise it can be shown another past.

import { readFileSync } from "node:fs";
import {
  type Deployment,
  httpLogSource,
  LogMonitor,
  logPinsOf,
  logTrustOf,
  ParametersCache,
  systemTransport,
} from "symbolon/operator";
import { epochOf, LogEntry } from "symbolon/protocol";

const deployment: Deployment = JSON.parse(readFileSync(process.env.SYMBOLON_DEPLOYMENT ?? "", "utf8"));
const transport = systemTransport();
const parameters = await new ParametersCache(transport, deployment).of(epochOf(transport.now()));
const trust = logTrustOf(logPinsOf(deployment), parameters.document);

const monitor = new LogMonitor(trust, httpLogSource(transport, deployment.logUrl, trust.quorum), transport.now);
const followed = await monitor.follow();
if (!followed.ok) throw new Error(`the log is not in order: ${followed.reason}`);
const kinds = followed.entries.map((entry) => LogEntry.decode(entry).kind);
console.log(JSON.stringify({ size: followed.head.size, kinds }));
