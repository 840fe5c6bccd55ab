// The parts that all of the wallet shares: transport, pinned deployment, state with its store, and the root of all
// secrets.

import type { Hex } from "../../protocol/encodings.ts";
import { SymbolonError } from "../errors.ts";
import type { Deployment, EpochParameters, ParametersCache } from "../parameters.ts";
import { Turns } from "../shared/turns.ts";
import type { Transport } from "../transport.ts";
import {
  type DeviceMarkStore,
  StoreConflictError,
  type WalletGeneration,
  type WalletState,
  type WalletStore,
} from "./state.ts";

/** Windows that write at the same time take each other's place this often, and then one of them gives up. */
export const MAX_RELOADS = 8;

export class WalletContext {
  readonly transport: Transport;
  readonly deployment: Deployment;
  /** only `learnParameters` asks the registrar; everything else uses the parameters already known */
  readonly parameters: ParametersCache;
  /** 32 bytes; secret */
  readonly root: Uint8Array;
  /** check-ins take turns among themselves; so do all uses of one session's channel */
  readonly turns = new Turns();
  /** tag hashes of the check-ins that are on their way now */
  readonly sending = new Set<Hex>();
  /** absent if the application keeps no device mark */
  readonly deviceMark: DeviceMarkStore | undefined;
  readonly #store: WalletStore;
  #state: WalletState;

  constructor(parts: {
    transport: Transport;
    deployment: Deployment;
    parameters: ParametersCache;
    root: Uint8Array;
    store: WalletStore;
    deviceMark: DeviceMarkStore | undefined;
    state: WalletState;
  }) {
    this.transport = parts.transport;
    this.deployment = parts.deployment;
    this.parameters = parts.parameters;
    this.root = parts.root;
    this.#store = parts.store;
    this.deviceMark = parts.deviceMark;
    this.#state = parts.state;
  }

  get state(): Readonly<WalletState> {
    return this.#state;
  }

  /**
   * Changes the newest state and waits until the store has it. Concurrent updates take turns. If another window wrote
   * meanwhile, its state is loaded and the change is made to that one. So `change` may run more than once, and decides by
   * the state that it is given.
   * @throws StoreConflictError if the store holds another wallet, or other windows write all the time
   */
  update(change: (state: WalletState) => void): Promise<void> {
    return this.turns.take("state", async () => {
      for (let reloads = 0; ; reloads++) {
        const next = structuredClone(this.#state);
        change(next);
        next.revision = this.#state.revision + 1;
        try {
          await this.#store.save(next, this.#state.revision);
          this.#state = next;
          return;
        } catch (error) {
          if (!(error instanceof StoreConflictError) || reloads === MAX_RELOADS) throw error;
          await this.#reload();
        }
      }
    });
  }

  /** Loads the newest state: another window may have written it. @throws StoreConflictError if it is another wallet's */
  reload(): Promise<void> {
    return this.turns.take("state", () => this.#reload());
  }

  async #reload(): Promise<void> {
    const stored = await this.#store.load();
    if (stored?.words !== this.#state.words) throw new StoreConflictError("the store holds another wallet");
    this.#state = stored;
  }

  /**
   * Parameters of an epoch, fetched and kept if they are not known. Only enrolment and refresh use it, which ask the
   * registrar anyway. If a wallet asked at check-in, the registrar would learn when that is.
   * @throws ParametersError, ApiError
   */
  async learnParameters(epoch: number): Promise<EpochParameters> {
    const parameters = await this.parameters.of(epoch);
    const { served } = this.parameters;
    const kept = new Set(this.state.parameters.map((p) => p.document));
    if (served.length !== kept.size || served.some((p) => !kept.has(p.document)))
      await this.update((s) => {
        s.parameters = served;
      });
    return parameters;
  }

  /** The phone under which an epoch's tags and credential are made: the newest that had begun by then. */
  generationOf(epoch: number): WalletGeneration | undefined {
    return this.state.generations.findLast((g) => g.epochFrom <= epoch);
  }

  /** The phone with this number. @throws SymbolonError bad-state */
  phone(generation: number): WalletGeneration {
    const phone = this.state.generations.find((g) => g.generation === generation);
    if (!phone) throw new SymbolonError("bad-state", `no phone ${generation}`);
    return phone;
  }
}
