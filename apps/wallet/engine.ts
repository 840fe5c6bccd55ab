// The wallet's worker: the SDK, the keys and the store. Each part has its methods in engine/.

import { serve } from "../shared/remote.ts";
import { careApi } from "./engine/care.ts";
import { coreApi } from "./engine/core.ts";
import { recordsApi } from "./engine/records.ts";
import { shareApi } from "./engine/share.ts";

const api = { ...coreApi, ...recordsApi, ...careApi, ...shareApi };
export type Engine = typeof api;

serve(api);
