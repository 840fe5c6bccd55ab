// Takes the place of functions/trustee.ts: the same trustee, which notes each order's purpose for the weaknesses that marks
// switch on (marks.ts).

import type { TrusteeEnv } from "../../../functions/shared/env.ts";
import trustee from "../../../functions/trustee.ts";
import { notePurpose } from "./marks.ts";

export { Ceremony, TrusteeVault } from "../../../functions/trustee.ts";

/** The requests about a case: rounds carry a bundle, an officer's requests carry the order. */
interface AboutCase {
  bundle?: { order?: unknown };
  order?: unknown;
}

export default {
  async fetch(request, env, ctx) {
    if (request.method === "POST" && new URL(request.url).pathname.startsWith("/v1/cases/")) {
      const { bundle, order } = await request.clone().json<AboutCase>();
      const signed = bundle?.order ?? order;
      if (typeof signed === "string") notePurpose(signed);
    }
    return trustee.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<TrusteeEnv>;
