// Takes the place of functions/log.ts: a log whose operator can replace its whole storage by another history that is
// consistent in itself, or change one stored entry under a head that is already signed.
//
//   POST /history {entries?: [base64url], patch?: {index, entry: base64url}}

import log, { TransparencyLog as Real } from "../../../functions/log.ts";
import type { LogEnv } from "../../../functions/shared/env.ts";
import { fromBase64url } from "../../../protocol/encodings.ts";
import { turnSwitch } from "./switch.ts";

export class TransparencyLog extends Real {
  async rewrite(entries: Uint8Array[]): Promise<void> {
    const { sql } = this.ctx.storage;
    for (const table of ["entries", "nodes", "heads", "cosignatures", "quorums"]) sql.exec(`DELETE FROM ${table}`);
    sql.exec("UPDATE progress SET published = 0");
    Object.assign(this, { round: undefined, askedAt: Number.NEGATIVE_INFINITY }); // no question about the old history goes on
    await this.append(entries);
  }
  patch(index: number, entry: Uint8Array): void {
    this.ctx.storage.sql.exec("UPDATE entries SET entry = ? WHERE idx = ?", entry, index);
  }
}

interface History {
  entries?: string[];
  patch?: { index: number; entry: string };
}

export default {
  async fetch(request, env, ctx) {
    const turned = await turnSwitch(request);
    if (turned) return turned;
    if (new URL(request.url).pathname !== "/history") return log.fetch(request, env, ctx);
    const { entries, patch } = await request.json<History>();
    const stub = (env.TRANSPARENCY_LOG as unknown as DurableObjectNamespace<TransparencyLog>).getByName("log");
    if (entries) await stub.rewrite(entries.map(fromBase64url));
    if (patch) await stub.patch(patch.index, fromBase64url(patch.entry));
    return Response.json({});
  },
} satisfies ExportedHandler<LogEnv>;
