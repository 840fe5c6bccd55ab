// A running system and its files, as an operator hands them to a clinic's vendor.

import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { samplePatients } from "../../local/patients.ts";
import { openPractice, type Practice, type PracticeOptions } from "../../local/practice.ts";
import { adminKeyFile, deploymentFile, writeAdminKey, writeDeployment } from "../../local/practice-files.ts";
import { bytesToHex } from "../../protocol/bytes.ts";
import { type Ended, outcome, type Surroundings, symbolon, temporary } from "./child.ts";

export interface System {
  /** a directory for the test's own files */
  readonly path: string;
  readonly practice: Practice;
  /** the variables that every command needs */
  readonly env: Record<string, string>;
  /** a code for a fake patient; `number` names the person */
  code(number: number): Promise<string>;
  run(args: readonly string[], more?: Surroundings): Promise<Ended>;
  /** runs a command that must succeed, and gives its JSON */
  json<T>(args: readonly string[], more?: Surroundings): Promise<T>;
  /** an enrolled test wallet's file */
  patient(number: number): Promise<string>;
}

/** Starts the system before the tests of this file, and stops it after them. */
export function system(options: PracticeOptions = {}): () => System {
  const path = temporary();
  let practice: Practice;
  beforeAll(async () => {
    practice = await openPractice(options);
    writeDeployment(path, practice.deployment);
    writeAdminKey(path, bytesToHex(practice.host.adminSecretKey));
  });
  afterAll(() => practice?.stop());
  return () => {
    const env = { SYMBOLON_DEPLOYMENT: deploymentFile(path), SYMBOLON_ADMIN_KEY: adminKeyFile(path) };
    const run = (args: readonly string[], { env: more = {}, ...rest }: Surroundings = {}): Promise<Ended> =>
      symbolon(args, { env: { ...env, ...more }, ...rest });
    const json = async <T>(args: readonly string[], more?: Surroundings): Promise<T> =>
      outcome<T>(await run([...args, "--json"], more));
    const code = async (number: number): Promise<string> => {
      const { patient } = samplePatients()[number]!.bundle;
      const entitlements = { coverage: "standard", age: "adult" };
      const { account, enrolmentCode } = await practice.operator.registerPerson(patient, `CLI-${number}`, entitlements);
      return `${account}.${enrolmentCode}`;
    };
    return {
      path,
      practice,
      env,
      code,
      run,
      json,
      async patient(number) {
        const wallet = join(path, `patient-${number}.json`);
        await json(["patient", "enrol", "--wallet", wallet, "--code", await code(number)]);
        return wallet;
      },
    };
  };
}
