// Judges check-in-faults.json with the verifier of check-ins.

import { challengeFault } from "../../protocol/challenge-time.ts";
import { readCheckIn, verifyCheckIns } from "../../protocol/check-in.ts";
import { decodeIssuerParams } from "../../protocol/credential.ts";
import { Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { type Any, b, type Judge } from "./judges.ts";
import { rngOf } from "./symbolon/rng.ts";

const parametersIn = (file: Any) => (name: string) => {
  const document = Parameters.decode(b(file[name]));
  return { document, hash: paramsHashOf(document), issuer: decodeIssuerParams(document) };
};

const checkIns: Judge = ({ checkIn, checkIns = [checkIn], tag = "parameters", credential = "parameters" }, file) => {
  const read = parametersIn(file);
  const parameters = { tag: read(tag), credential: read(credential) };
  const list = checkIns.map((bytes: string) => ({ read: readCheckIn(b(bytes)), ...parameters }));
  return verifyCheckIns(list, rngOf("verifier"))
    .map((v) => (v.ok ? "accepted" : v.reason))
    .join();
};

export const judges: Record<string, Judge> = {
  "check-in": checkIns,
  "check-in-batch": checkIns,
  freshness: ({ challenge, tolerances, now, offline }) =>
    challengeFault(challenge, tolerances, now, offline)?.reason ?? "accepted",
};
