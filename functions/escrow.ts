// The escrow role: it keeps the session index, and it carries cases between requesters, officers and trustees.
//
// The escrow holds no key of any other party. It accepts a document only if the signature verifies. No other role relies on
// the escrow: every receiver verifies the documents that the escrow hands over.
//
//   escrow/index-routes   rows of the session index: the service Worker puts them, anybody reads them
//   escrow/case-routes    orders, decisions, rounds and sealed results of cases
//   escrow/case-news      tells the service Worker how cases go forward, for clinics that watch them
//   escrow/closing        closes past months of the index, on a schedule
//
// A client may repeat every request. If a request already succeeded, the escrow answers with the current state.

import { registerCaseNews } from "./escrow/case-news.ts";
import { registerCases } from "./escrow/case-routes.ts";
import { closeAllDue } from "./escrow/closing.ts";
import { registerIndex } from "./escrow/index-routes.ts";
import type { EscrowEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";

export { LinkageEscrow } from "../durable-objects/linkage-escrow.ts";

/** 16 dossiers of an assemble, each of the largest size */
const large = { paths: /^\/v1\/cases\/[^/]+\/(dossiers|record-shares)$/, bytes: 12 << 20 };

const app = roleApp<EscrowEnv>("escrow", { large });
registerIndex(app);
registerCases(app);
registerCaseNews(app);

/** Once a day (wrangler.toml): closes past months. */
const scheduled: ExportedHandlerScheduledHandler<EscrowEnv> = ({ scheduledTime }, env) =>
  closeAllDue(env, Math.floor(scheduledTime / 1000));

export default Object.assign(app, { scheduled });
