// The desk's worker: the clinic, the requester, their keys and their store. Each part has its methods in engine/.

import { serve } from "../shared/remote.ts";
import { askApi } from "./engine/ask.ts";
import { cardsApi } from "./engine/cards.ts";
import { keysApi } from "./engine/keys.ts";
import { messagesApi } from "./engine/messages.ts";
import { receptionApi } from "./engine/reception.ts";
import { recordsApi } from "./engine/records.ts";

/** The worker's method for "About this app". */
const buildApi = {
  checkBuild: async () => (await import("../shared/build/check.ts")).checkOwnBuild("desk"),
};

const api = { ...keysApi, ...receptionApi, ...cardsApi, ...recordsApi, ...messagesApi, ...askApi, ...buildApi };
export type Engine = typeof api;

serve(api);
