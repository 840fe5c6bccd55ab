// The routes of every role, from the contracts in api/, so that a new route is asked without anybody remembering it.

import { CONTRACTS } from "../../api/roles.ts";

export const ROLES = ["registrar", "service", "escrow", "log", "trustee", "witness"] as const;
export type Role = (typeof ROLES)[number];

export interface Route {
  role: Role;
  method: string;
  /** as Hono has it, with ":name" */
  pattern: string;
  /** the content type of its bodies, if its contract states one */
  bodyType?: string | undefined;
}

export const allRoutes = (): Route[] =>
  CONTRACTS.flatMap(({ role, routes }) =>
    Object.values(routes).map(({ method, path, body }) => ({
      role: role as Role,
      method,
      pattern: path,
      bodyType: body?.type,
    })),
  );
