// The proof that the served parameters stand in the log: each document's entry with its audit path, under one fresh head
// (protocol/logged-parameters.ts). The isolate keeps the newest answer. If the log does not answer, it serves that one again,
// and the readers decide whether its head is fresh enough for them.

import { asc, eq, inArray } from "drizzle-orm";
import type { Proofs } from "../../api/log/proofs.ts";
import { Parameters, paramsHashOf, Signed } from "../../protocol/documents.ts";
import { toBase64url } from "../../protocol/encodings.ts";
import type { ParametersAnswer } from "../../protocol/logged-parameters.ts";
import { logEntries, parameters } from "../../schema/registrar.ts";
import { callJson } from "../shared/calls.ts";
import type { RegistrarEnv } from "../shared/env.ts";
import { freshHead, type LogTerms, loggedIndex } from "../shared/log-reader.ts";
import { Problem } from "../shared/problems.ts";
import { db, logName } from "./store.ts";

const kept = new WeakMap<object, { answer: ParametersAnswer; note: string }>();

/** Every logged document with its key set and its proof. @throws Problem unavailable */
export async function provenParameters(env: RegistrarEnv, now: number): Promise<ParametersAnswer> {
  const rows = await db(env)
    .select()
    .from(parameters)
    .where(eq(parameters.logged, true))
    .orderBy(asc(parameters.epochFrom));
  const served = {
    documents: rows.map((r) => toBase64url(r.document)),
    keySets: rows.map((r) => toBase64url(r.keySet)),
  };
  if (rows.length === 0) return { ...served, logged: [], checkpoint: "" };
  const before = kept.get(env);
  const known = before?.answer.documents.join() === served.documents.join() ? before : undefined;
  try {
    const values = rows.map((r) => Parameters.decode(Signed.decode(r.document).document));
    const head = await freshHead(env, termsOfAll(values), now);
    if (known?.note === head.note) return known.answer;
    const proof = await proofOf(env, values, head, now);
    const answer = { ...served, ...proof };
    kept.set(env, { answer, note: head.note });
    return answer;
  } catch (cause) {
    if (known && cause instanceof Problem) return known.answer;
    throw cause;
  }
}

/** The strictest terms of these documents. A head under them satisfies each. */
const termsOfAll = (values: readonly Parameters[]): LogTerms => ({
  threshold: Math.max(...values.map((v) => v.threshold)),
  logFreshnessSeconds: Math.min(...values.map((v) => v.logFreshnessSeconds)),
});

async function proofOf(
  env: RegistrarEnv,
  values: readonly Parameters[],
  newest: Awaited<ReturnType<typeof freshHead>>,
  now: number,
): Promise<Pick<ParametersAnswer, "logged" | "checkpoint">> {
  const names = values.map((v) => logName("parameters", paramsHashOf(v)));
  const rows = await db(env).select().from(logEntries).where(inArray(logEntries.subject, names));
  const entries = new Map(rows.map((r) => [r.subject, r.entry]));
  const found = await Promise.all(
    names.map(async (name) => {
      const entry = entries.get(name);
      const index = entry && (await loggedIndex(env, entry, now));
      if (!entry || index === undefined) throw new Problem("unavailable", undefined, `the log has no ${name}`);
      return { entry, index };
    }),
  );
  const size = 1 + Math.max(...found.map(({ index }) => index));
  const head = newest.checkpoint.size >= size ? newest : await freshHead(env, termsOfAll(values), now, size);
  const { proofs } = await callJson<Proofs>({
    baseUrl: env.LOG_URL,
    method: "POST",
    path: "/v1/inclusions",
    json: { size: head.checkpoint.size, indexes: found.map(({ index }) => index) },
    now,
  });
  const logged = found.map(({ entry, index }, i) => ({ entry: toBase64url(entry), index, proof: proofs[i] ?? [] }));
  return { logged, checkpoint: head.note };
}
