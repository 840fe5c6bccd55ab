// An officer's part in a resharing: to read the plan, and to approve that the officer's trustee hands its share on. The
// challenge is made here from the plan's own bytes and from the index under which the application pins the trustee. So a
// Worker can neither have another plan approved, nor use the assertion at another trustee where the passkey is registered.

import { ResharePlan } from "../../protocol/ceremony-documents.ts";
import { asHex, bytesToHex, fromBase64url, type Hex, toBase64url } from "../../protocol/encodings.ts";
import { reshareApprovalChallenge } from "../../protocol/key-set-chain.ts";
import { reshareContext } from "../../protocol/resharing.ts";
import { decodeAnswer } from "../errors.ts";
import { spokenDigits } from "../shared/spoken.ts";
import { api, type Transport } from "../transport.ts";
import type { Authenticator } from "./passkeys.ts";

/** A plan as its officers read it. */
export interface ReadResharing {
  /** how many new trustees must agree to open anything */
  threshold: number;
  /** the old trustees that hand their shares on */
  dealers: number[];
  /** the new trustees' identity keys, Ed25519, 32 bytes; trustee i at [i - 1]. Compare them with the trustees' letters */
  trustees: Hex[];
  /** of the old shares */
  generation: number;
  /** 12 groups of five digits. Compare them by voice with the officers of the other dealers */
  fingerprint: string[];
}

/** @param plan ResharePlan. @throws SymbolonError bad-answer */
export function readResharing(plan: Uint8Array): ReadResharing {
  const { threshold, dealers, trustees, generation } = decodeAnswer("a resharing plan", () => ResharePlan.decode(plan));
  return {
    threshold,
    dealers,
    generation,
    trustees: trustees.map((t) => bytesToHex(t.identityKey)),
    fingerprint: spokenDigits(reshareContext(plan)),
  };
}

const TEXT = "symbolon-resharing";

/** A resharing as the text that the administrator gives to the officers of the dealers. @param id 32 bytes */
export const writeResharing = (id: Hex, plan: Uint8Array): string => `${TEXT} ${id} ${toBase64url(plan)}`;

/** Reads such a text. @throws SymbolonError bad-answer */
export function readResharingText(text: string): { id: Hex; plan: Uint8Array } {
  return decodeAnswer("the text of a resharing", () => {
    const [, id, plan] = new RegExp(`^${TEXT} ([0-9a-f]{64}) ([A-Za-z0-9_-]+)$`).exec(text.trim()) ?? [];
    if (id === undefined || plan === undefined) throw new RangeError("not the text of a resharing");
    return { id: asHex(id), plan: fromBase64url(plan) };
  });
}

/**
 * Approves a plan with the officer's passkey, at the officer's own trustee. `Officer.access` has the first argument.
 * @param id of the resharing, 32 bytes
 * @throws ApiError; SymbolonError bad-answer
 */
export async function approveResharing(
  officer: { transport: Transport; trustee: number; trusteeUrl: string; authenticator: Authenticator },
  id: Hex,
  plan: Uint8Array,
): Promise<void> {
  readResharing(plan);
  const { transport, trustee, trusteeUrl, authenticator } = officer;
  const assertion = await authenticator.assert(reshareApprovalChallenge(reshareContext(plan), trustee));
  await api(transport, trusteeUrl, `/v1/resharing/${id}/approve`, { json: { assertion } });
}
