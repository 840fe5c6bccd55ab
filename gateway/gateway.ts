// The parts of one running gateway, put together.

import {
  Clinic,
  type ClinicKeys,
  clinicStateKey,
  type Deployment,
  MemoryChannelStore,
  type Transport,
} from "../client/index.ts";
import { CheckIns } from "./check-ins.ts";
import { prepareDefinitions } from "./definitions.ts";
import { Edge } from "./edge.ts";
import { IndexStore } from "./index-store.ts";
import { Sessions } from "./sessions.ts";
import { Vault } from "./vault.ts";
import { Writer } from "./writer.ts";

export interface GatewayParts {
  transport: Transport;
  deployment: Deployment;
  keys: ClinicKeys;
  /** for outbox and cache */
  directory: string;
  /** of the gateway's own URLs, without a slash at the end */
  base: string;
  /** how long an answer waits for the edge */
  patienceMs: number;
  log: (line: string) => void;
}

export class Gateway {
  readonly base: string;
  /** of the clinic, for documents */
  readonly clinicName: string;
  readonly store = new IndexStore();
  readonly vault: Vault;
  readonly edge: Edge;
  readonly sessions: Sessions;
  readonly writer: Writer;
  readonly checkIns: CheckIns;
  readonly log: (line: string) => void;

  /** @throws VaultError, SymbolonError bad-keys */
  constructor({ transport, deployment, keys, directory, base, patienceMs, log }: GatewayParts) {
    this.base = base;
    this.clinicName = keys.name;
    this.log = log;
    this.vault = new Vault(directory, clinicStateKey(keys));
    prepareDefinitions(directory);
    const clinic = new Clinic(transport, deployment, keys, new MemoryChannelStore());
    const { store, vault } = this;
    this.edge = new Edge(clinic, vault, {
      settled: ({ recordId, content }) => {
        if (content !== undefined) vault.keepContent(recordId, Buffer.from(content));
      },
      faulted: ({ tagHash }, reason) => {
        log(`A write was refused by the edge: ${reason}`);
        this.sessions.reload(tagHash).catch((error: Error) => log(`session ${tagHash}: ${error.message}`));
      },
    });
    this.sessions = new Sessions({ clinic, vault, store, edge: () => this.edge, log });
    this.writer = new Writer({ store, vault, edge: this.edge, sessions: this.sessions, base, patienceMs, log });
    this.checkIns = new CheckIns(clinic, this.sessions);
  }

  /** Goes on with the outbox, and reads the clinic's sessions. */
  start(): void {
    this.edge.resume();
    this.sessions.start();
  }

  stop(): void {
    this.edge.stop();
    this.vault.close();
  }
}
