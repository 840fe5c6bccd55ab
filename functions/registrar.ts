// The registrar role (HSU): it knows which people are registered, under which handle, and which entitlements they have.
// It issues one blind credential per person and epoch. It learns when a wallet fetches its credential, and nothing about
// visits.
//
//   registrar/parameters   the signed parameters of each epoch range
//   registrar/key-sets     the trustees' key sets, from the first committee to the newest
//   registrar/admin        registrations, entitlements, revocation
//   registrar/requesters   requesters' certificates, and the list of those withdrawn
//   registrar/enrol        enrolment of a phone, and refresh of its credential
//   registrar/disclose     the answer to an approved trace
//   registrar/assemble     the answers to an assemble: dossiers before it is approved, the identity after its notice
//   registrar/openings     the traces and assembles that were answered, for letters to people without a phone

import { registerAdmin } from "./registrar/admin.ts";
import { registerAssemble } from "./registrar/assemble.ts";
import { registerDisclosure } from "./registrar/disclose.ts";
import { registerEnrolment } from "./registrar/enrol.ts";
import { registerKeySets } from "./registrar/key-sets.ts";
import { registerOpenings } from "./registrar/openings.ts";
import { registerParameters } from "./registrar/parameters.ts";
import { registerRequesters } from "./registrar/requesters.ts";
import type { RegistrarEnv } from "./shared/env.ts";
import { roleApp } from "./shared/http.ts";

const app = roleApp<RegistrarEnv>("registrar");
registerParameters(app);
registerKeySets(app);
registerAdmin(app);
registerRequesters(app);
registerEnrolment(app);
registerDisclosure(app);
registerAssemble(app);
registerOpenings(app);

export default app;
