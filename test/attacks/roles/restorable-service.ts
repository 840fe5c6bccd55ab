// Takes the place of functions/service.ts in S21: the same service, whose platform can restore its session objects.
//
//   POST /restore   every session object returns to the day before its first check-in
//   POST /ring      the alarm of every session object runs now

import { NAMES_OF_OBJECTS } from "../../../functions/service/session-objects.ts";
import service, { ReplayWindow as RealReplayWindow } from "../../../functions/service.ts";
import type { ServiceEnv } from "../../../functions/shared/env.ts";

export class ReplayWindow extends RealReplayWindow {
  restore(): void {
    const { sql } = this.ctx.storage;
    if (sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'session'").toArray().length > 0)
      for (const table of ["session", "frames", "windows"]) sql.exec(`DELETE FROM ${table}`);
  }
  async ring(): Promise<void> {
    const { sql } = this.ctx.storage;
    const holds = sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'session'").toArray().length > 0;
    if (holds && sql.exec("SELECT 1 FROM session LIMIT 1").toArray().length > 0) await this.alarm();
  }
}

export default {
  async fetch(request, env, ctx) {
    const act = ({ "/restore": "restore", "/ring": "ring" } as const)[new URL(request.url).pathname];
    if (act === undefined) return service.fetch(request, env, ctx);
    const objects = env.REPLAY_WINDOW as unknown as DurableObjectNamespace<ReplayWindow>;
    for (const name of NAMES_OF_OBJECTS) await objects.getByName(name)[act]();
    return Response.json({});
  },
} satisfies ExportedHandler<ServiceEnv>;
