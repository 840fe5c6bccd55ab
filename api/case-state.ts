// The states of a case. They only go forward (schema/case-list.ts).

import * as z from "zod";

export const caseState = z.enum(["ordered", "approved", "noticed", "opened", "refused", "expired"]);
