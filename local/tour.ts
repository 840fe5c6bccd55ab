// The stage of the tour: it gives the tour's page the keys of every party, and shows what the disks hold. So it exists on this
// machine only. No deployed Worker has it (local/apps.ts binds it to the tour's Worker), and it answers no other host name, so
// that no page of the internet reads it.
//
//   GET /stage/keys   TourKeys: made at the first request, and kept until the host stops
//   GET /stage/rows   SeenTable[] (tour-rows.ts)

import {
  type ClinicKeys,
  clinicCard,
  createClinicKeys,
  type Deployment,
  Operator,
  registerOfficer,
  SoftwarePasskey,
  systemTransport,
} from "../client/index.ts";
import { bytesToHex } from "../protocol/bytes.ts";
import { epochOf } from "../protocol/epoch.ts";
import { seenRows } from "./tour-rows.ts";

export interface TourStage {
  /** answers a path below /stage/ */
  answer(path: string): Promise<unknown>;
}

/** What a player of every party needs. Secret, and worth nothing outside this machine. */
export interface TourKeys {
  adminKey: string;
  /** two clinics that are registered */
  clinics: ClinicKeys[];
  /** one per trustee, registered there: PKCS#8 in hex */
  officers: { trustee: number; rpId: string; origin: string; pkcs8: string }[];
  /** first epoch with parameters that the tour's order may name */
  epochFrom: number;
}

const CLINICS = ["Harbour Clinic", "Market Street Surgery"];
const POLICY = { required: [{ attribute: "age", accepted: ["adult", "senior"] }], maxStaleEpochs: 1 };

async function makeKeys(deployment: Deployment, adminSecretKey: Uint8Array): Promise<TourKeys> {
  const transport = systemTransport();
  const operator = new Operator(transport, deployment, adminSecretKey);
  const openClinic = async (name: string): Promise<ClinicKeys> => {
    const keys = await createClinicKeys(name, POLICY, transport.now());
    await operator.registerService(clinicCard(keys));
    return keys;
  };
  const newOfficer = async (trusteeUrl: string, i: number): Promise<TourKeys["officers"][number]> => {
    const { hostname: rpId, origin } = new URL(trusteeUrl);
    const passkey = await SoftwarePasskey.create({ rpId, origin });
    await registerOfficer(transport, trusteeUrl, adminSecretKey, passkey.registration);
    return { trustee: i + 1, rpId, origin, pkcs8: bytesToHex(await passkey.export()) };
  };
  const clinics: ClinicKeys[] = [];
  for (const name of CLINICS) clinics.push(await openClinic(name));
  const officers = await Promise.all(deployment.trusteeUrls.map(newOfficer));
  return { adminKey: bytesToHex(adminSecretKey), clinics, officers, epochFrom: epochOf(transport.now()) };
}

/** @param host of the local system that the tour plays on */
export function tourStage(
  deployment: Deployment,
  { adminSecretKey, persist }: { adminSecretKey: Uint8Array; persist: string },
): TourStage {
  let keys: Promise<TourKeys> | undefined;
  return {
    async answer(path) {
      if (path === "/stage/rows") return seenRows(persist);
      if (path !== "/stage/keys") return undefined;
      keys ??= makeKeys(deployment, adminSecretKey);
      keys.catch(() => {
        keys = undefined; // the next request tries again
      });
      return keys;
    },
  };
}
