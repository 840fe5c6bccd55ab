import { describe, expect, it } from "vitest";
import type { ParametersError } from "../../client/parameters.ts";
import { checkLoggedParameters } from "../../client/wallet/logged-parameters.ts";
import { hexToBytes } from "../../protocol/bytes.ts";
import { type LogEntry, type Parameters, paramsHashOf } from "../../protocol/documents.ts";
import { epochStart } from "../../protocol/epoch.ts";
import { deployment, parameters, signedBy } from "../support/wallet-world.ts";

const START = epochStart(parameters.epochFrom);
const secondary: Parameters = {
  ...parameters,
  epochFrom: parameters.epochTo + 1,
  epochTo: parameters.epochTo + 1,
};
const entryOf = (value: Parameters, at: number, body = signedBy(value)): LogEntry => ({
  kind: "parameters",
  at,
  subject: paramsHashOf(value),
  caseId: undefined,
  body,
});
const believed = (value: Parameters) => ({ document: value, hash: paramsHashOf(value), issuer: undefined as never });
const told = (entries: LogEntry[], values: Parameters[] = [parameters]): string => {
  try {
    checkLoggedParameters(entries, values.map(believed), hexToBytes(deployment.registrarKey));
    return "ok";
  } catch (error) {
    return `${(error as ParametersError).code} ${(error as ParametersError).evidence.length}`;
  }
};

describe("the wallet's parameters and the log", () => {
  const first = entryOf(parameters, START + 5);
  it("agree if each document is logged, alone, and before its first month", () => {
    expect(told([first, entryOf(secondary, START + 9)], [parameters, secondary])).toBe("ok");
    expect(told([first, entryOf(parameters, START + 99)])).toBe("ok"); // the same document twice
  });
  it("differ if a believed document is not logged", () => {
    expect(told([first], [parameters, secondary])).toBe("unlogged-parameters 0");
    expect(told([])).toBe("unlogged-parameters 0");
    expect(told([entryOf(parameters, START, signedBy(parameters, new Uint8Array(32).fill(1)))])).toBe(
      "unlogged-parameters 0",
    );
    expect(told([{ ...first, subject: new Uint8Array(32) }])).toBe("unlogged-parameters 0");
  });
  it("differ if two documents cover one month", () => {
    expect(told([first, entryOf({ ...parameters, realm: "x" }, START - 1)])).toBe("two-parameters 2");
    const overlap = { ...secondary, epochFrom: parameters.epochTo };
    expect(told([first, entryOf(overlap, START)])).toBe("two-parameters 2");
  });
  it("differ if a later document came after its first month had begun", () => {
    expect(told([first, entryOf(secondary, epochStart(secondary.epochFrom) - 1)])).toBe("ok");
    expect(told([first, entryOf(secondary, epochStart(secondary.epochFrom))])).toBe("late-parameters 1");
  });
});
