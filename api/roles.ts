// The contracts of all roles, for scripts and tests.

import type { Contract } from "./contract.ts";
import { SERVICE } from "./service.ts";

export const CONTRACTS: readonly Contract[] = [SERVICE];
