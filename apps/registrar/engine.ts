// The registrar desk's worker: the administrator's key, the SDK, and the store. Each part has its methods in engine/.

import { serve } from "../shared/remote.ts";
import { ceremonyApi } from "./engine/ceremony.ts";
import { keyApi } from "./engine/key.ts";
import { openingsApi } from "./engine/openings.ts";
import { partiesApi } from "./engine/parties.ts";
import { peopleApi } from "./engine/people.ts";

/** The worker's method for "About this app". */
const buildApi = {
  checkBuild: async () => (await import("../shared/build/check.ts")).checkOwnBuild("registrar"),
};

const api = { ...keyApi, ...peopleApi, ...partiesApi, ...openingsApi, ...ceremonyApi, ...buildApi };
export type Engine = typeof api;

serve(api);
