// The trustee role: one Worker per trustee, in an account of its own, with one share of each opening key.
//
// An officer of the trustee approves or refuses orders with a passkey. The Worker verifies every document that it receives,
// and computes with its shares. api/trustee/ has the requests and the answers, and its rounds.ts the rounds of a case.
//
//   trustee/card-routes       public card and key set of the trustee
//   trustee/witness           the trustee as a witness of the log (shared/witness has its route)
//   trustee/ceremony-routes   the key ceremony, by the administrator
//   trustee/resharing-routes  handing the keys to another committee
//   trustee/officer-routes    registration, login, inbox, review and decision of officers
//   trustee/round-routes      the rounds of a case, carried by the escrow
//
// A trustee has one vault (durable-objects/trustee-vault.ts), and one board per ceremony (durable-objects/ceremony.ts).

import type { TrusteeEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";
import { registerAddCheckpoint } from "./shared/witness.ts";
import { registerCard } from "./trustee/card-routes.ts";
import { registerCeremony } from "./trustee/ceremony-routes.ts";
import { registerOfficers } from "./trustee/officer-routes.ts";
import { registerResharing } from "./trustee/resharing-routes.ts";
import { registerRounds } from "./trustee/round-routes.ts";
import { witnessPartsOf } from "./trustee/witness.ts";

export { Ceremony } from "../durable-objects/ceremony.ts";
export { TrusteeVault } from "../durable-objects/trustee-vault.ts";

/** the link shares of all other members of S, in base64url; the escrow signs these requests */
const large = { paths: /^\/v1\/cases\/(notice-shares|notice|shares|result|record-shares)$/, bytes: 24 << 20 };

const app = roleApp<TrusteeEnv>("trustee", { large });
registerCard(app);
registerAddCheckpoint(app, witnessPartsOf);
registerCeremony(app);
registerResharing(app);
registerOfficers(app);
registerRounds(app);

export default app;
