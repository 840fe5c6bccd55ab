// The contracts of all roles, for scripts and tests.

import type { Contract } from "./contract.ts";
import { ESCROW } from "./escrow.ts";
import { LOG } from "./log.ts";
import { REGISTRAR } from "./registrar.ts";
import { SERVICE } from "./service.ts";
import { TRUSTEE } from "./trustee.ts";
import { WITNESS } from "./witness.ts";

export const CONTRACTS: readonly Contract[] = [REGISTRAR, SERVICE, ESCROW, TRUSTEE, LOG, WITNESS];
