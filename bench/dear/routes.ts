// The routes of every role, so that a new route is asked without anybody remembering it: those of the contracts in api/, and
// those that the sources still register without one.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HEALTH } from "../../api/health.ts";
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

const root = join(import.meta.dirname, "../../functions");
/** What a route's name stands for, where a loop registers several. */
const LOOPS: Record<string, readonly string[]> = { path: ["suspend", "resume"], name: ["open", "deal", "accept"] };

function routesIn(role: Role, text: string): Route[] {
  return [...text.matchAll(/app\.(get|post|put|delete)\(\s*(["`])(\/[^"`]*)\2/g)].flatMap(([, method, , pattern]) => {
    const loop = /\$\{(\w+)\}/.exec(pattern!);
    const patterns = loop ? LOOPS[loop[1]!]!.map((name) => pattern!.replace(loop[0], name)) : [pattern!];
    return patterns.map((p) => ({ role, method: method!.toUpperCase(), pattern: p }));
  });
}

const contracted = (role: Role): Route[] =>
  Object.values(CONTRACTS.find((contract) => contract.role === role)?.routes ?? HEALTH).map(
    ({ method, path, body }) => ({ role, method, pattern: path, bodyType: body?.type }),
  );

export function allRoutes(): Route[] {
  const read = (path: string): string => readFileSync(join(root, path), "utf8");
  return ROLES.flatMap((role) => {
    const own = role === "witness" ? [] : readdirSync(join(root, role)).map((file) => `${role}/${file}`);
    const shared = role === "trustee" || role === "witness" ? ["shared/witness.ts"] : [];
    return [...contracted(role), ...[...own, ...shared].flatMap((path) => routesIn(role, read(path)))];
  });
}
